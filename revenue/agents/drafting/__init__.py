"""What may be written to a business, and whether what was written holds: pure rules.

A ``Brief`` carries the facts with their evidence, ``compose`` writes a mail from it,
``find_claims`` lists what a text states about its recipient and whether the brief supports it,
and ``check_copy`` lists what is wrong with the text itself. All of them work alike on text from
the house templates, from a person's edit or from a model.
"""
