# The graphmem server. Two stages: what builds stays behind; what runs is no root and has no compiler.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY graphmem graphmem
COPY api api
COPY cypher cypher
RUN uv venv /opt/graphmem && uv pip install --python /opt/graphmem --no-cache ".[neo4j,qdrant]"

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /data --uid 10001 graphmem
COPY --from=build /opt/graphmem /opt/graphmem
ENV PATH=/opt/graphmem/bin:$PATH \
    GRAPHMEM_HOME=/data \
    PYTHONDONTWRITEBYTECODE=1
USER graphmem
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["graphmem", "serve"]
