"""Finders of statements about the recipient, one module for each sort of statement.

Each finder takes a view and a brief and yields a ``Mention`` for whatever reads as checkable.
"""
