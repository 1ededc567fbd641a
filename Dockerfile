# The image, from what `cargo xtask image` put into target/image: one static binary, a
# configuration, certificates of authorities. It takes the place of Docker's `registry` image,
# of version 2 and 3: the same entrypoint, volume, port and paths.
FROM scratch
COPY target/image/ /
ENV OTEL_TRACES_EXPORTER=none
VOLUME ["/var/lib/registry"]
EXPOSE 5000
ENTRYPOINT ["registry"]
CMD ["serve", "/etc/distribution/config.yml"]
