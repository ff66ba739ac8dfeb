# Node is in the first stage alone and pip's leavings in the second. What runs is Python, the requirements, our code and
# three files of npm's; it writes to DATA_DIR and nowhere else, so the root file system may be read-only.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv --without-pip /venv
# Ready-made files alone: what it takes to build one would come without a hash.
RUN python -m pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check --only-binary=:all: --require-hashes -r requirements.txt
COPY webapp ./webapp
RUN /venv/bin/python -m compileall -q webapp

FROM python:3.11-slim
# A platform that mounts its disks as root's wants 0 here: docs/deploy says which do.
ARG USER_ID=10001
RUN mkdir /data && chown $USER_ID /data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=packages /app/node_modules/htmx.org/dist/htmx.min.js ./node_modules/htmx.org/dist/
COPY --from=packages /app/node_modules/htmx.org/dist/ext/hx-sse.min.js ./node_modules/htmx.org/dist/ext/
COPY --from=packages /app/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js ./node_modules/@mermaid-js/tiny/dist/
COPY requirements.txt package-lock.json ./
COPY static ./static
COPY templates ./templates
COPY --from=build /app/webapp ./webapp
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 DATA_DIR=/data SQLITE_TMPDIR=/data
EXPOSE 8000
USER $USER_ID
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 8000), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "webapp", "serve"]
