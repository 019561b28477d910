#!/bin/sh
# Eight parts as a SLURM array; `losscli merge parts/` after them gives the result of one run:
#   job=$(sbatch --parsable configs/shards/slurm.sh)
#   sbatch --dependency=afterok:$job --wrap "losscli merge parts/ -o result.json"
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
losscli eval preds.npy targets.npy -l mse --shard auto --threads "${SLURM_CPUS_PER_TASK:-2}"
