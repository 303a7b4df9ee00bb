# syntax=docker/dockerfile:1
# The service, run by gunicorn as an unprivileged user on a root that may be read-only.
# docs/containers.md says how to build and run it.

FROM python:3.13-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt requirements-build.txt ./
# The image gets neither pip nor the tests that numpy brings along.
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements-build.txt \
    && python -m venv --without-pip /opt/convcards \
    && /opt/build/bin/pip --python /opt/convcards install --require-hashes -r requirements.txt \
    && find /opt/convcards/lib -type d -path '*/numpy/*' -name tests -prune -exec rm -r {} +
COPY pyproject.toml README.md LICENSE openapi.yaml gunicorn.conf.py ./
COPY migrations ./migrations
COPY service ./service
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/build/bin/pip --python /opt/convcards install --no-deps dist/*.whl \
    && /opt/convcards/bin/python -m compileall -q /opt/convcards

FROM python:3.13-slim-trixie
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ConvCards" \
      org.opencontainers.image.description="CNN shapes, small convolutions and a quiz that knows the answers, over HTTP" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --system --gid 10001 convcards \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin convcards \
    && install --directory --owner 10001 --group 10001 /data
COPY --from=build /opt/convcards /opt/convcards
COPY gunicorn.conf.py /srv/convcards/
WORKDIR /srv/convcards
# The base image comes without the bytecode of Python's own modules, and who serves can't write it: what serving
# imports is compiled here, once.
RUN CONVCARDS_MODE=secured /opt/convcards/bin/gunicorn --check-config -c gunicorn.conf.py 'service.app:create_app()'
ENV PATH=/opt/convcards/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONVCARDS_MODE=secured \
    CONVCARDS_HOST=0.0.0.0 \
    CONVCARDS_PORT=8000 \
    CONVCARDS_DATABASE_URL=sqlite:////data/convcards.sqlite3
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/livez'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "service.app:create_app()"]
