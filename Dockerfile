# The program alone; PostgreSQL is in compose.yaml, or wherever DATABASE_URL says.
#
#   docker build -t tulving .
#   docker run --rm -e DATABASE_URL -v "$PWD/data:/work/data:ro" tulving verify --user-id …

FROM rust:1-trixie AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p tulving-cli

FROM debian:trixie-slim
# The authorities that certificates of database servers are checked against.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/tulving /usr/local/bin/tulving
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/tulving/
# Receipts and rejects are written to the working directory.
RUN useradd --uid 10001 --create-home --home-dir /work tulving
USER tulving
WORKDIR /work
ENTRYPOINT ["tulving"]
CMD ["--help"]
