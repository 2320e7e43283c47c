# The image of web, worker and beat for compose.yaml. Needs glibc: not for Alpine.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN useradd --create-home countersign && mkdir /data && chown countersign /data
USER countersign
VOLUME /data
