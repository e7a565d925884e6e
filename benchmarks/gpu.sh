#!/usr/bin/env bash
# Everything that needs a CUDA card, in one command, for whoever has one:
#
#     bash benchmarks/gpu.sh
#
# The network on the card against the network on the CPU; then VisualGLM-6B's shape with random
# weights in fp16, 8 and 4 bit: load, answer, memory. Figures go to benchmarks/results/gpu-*.json.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
out=${OUT:-benchmarks/results}
mkdir -p "$out"

"$python" -m pytest -q -p no:cacheprovider tests/models/visualglm/test_card.py
for quant in none 8 4; do
  "$python" app.py glm measure --random-weights --device cuda --dtype fp16 --quant "$quant" \
    --slots 4 --context 2048 --tokens 64 --out "$out/gpu-$quant.json"
done
