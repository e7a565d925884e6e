# The page and the API with the built-in model, on port 5000. docs/container.md says what was tried.
FROM python:3.12-slim-bookworm

# The compiler builds the engine of the built-in model for the machine that runs it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --uid 1000 --no-create-home --home-dir /data kex \
    && install -d -o kex -g kex /data

WORKDIR /app
COPY requirements-embedded.txt ./
RUN pip install --no-cache-dir -r requirements-embedded.txt
COPY . ./

# Weights, conversations and the knowledge base go below the home folder.
ENV HOME=/data KEX_HOST=0.0.0.0 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 1000
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5000/ready', timeout=4)"]
CMD ["sh", "-c", "test \"${KEX_DEFAULT_MODEL:-Embedded}\" != Embedded || python app.py models get Embedded; exec python app.py serve"]
