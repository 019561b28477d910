# docker build -t losscli .
# docker run --rm -v "$PWD:/data:ro" losscli eval preds.npy targets.npy -l mse
FROM python:3.12-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY pyproject.toml hatch_build.py constraints.txt README.md LICENSE ./
COPY losscli losscli
ENV LOSSCLI_KERNEL_BUILD=require
RUN python -m pip wheel --no-cache-dir --constraint constraints.txt --wheel-dir /wheels .

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-index --find-links /wheels losscli
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin losscli
USER 10001
WORKDIR /data
ENTRYPOINT ["losscli"]
CMD ["--help"]
