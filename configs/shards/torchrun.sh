#!/bin/sh
# Eight parts on one machine: torchrun sets RANK and WORLD_SIZE, which --shard auto reads.
torchrun --nproc-per-node 8 --no-python \
    losscli eval preds.npy targets.npy -l mse --shard auto --threads 1
losscli merge parts/ -o result.json
