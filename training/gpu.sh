#!/bin/sh
# The recipe of training/run.py on one CUDA card: `training/gpu.sh GGUF GOLD OUT [MINUTES]`, in the
# environment of training/requirements.txt. GOLD is training/gold. Everything is prepared before the
# card is used. OUT gets a folder a variant (rank and rate) with its state, log and adapter; the
# one with the lowest dev loss then trains for the rest of the time.
set -eu
gguf=$1 gold=$2 out=$3 minutes=${4:-40}
mkdir -p "$out"
cd "$(dirname "$0")/.."

for epoch in 0 1 2 3; do
  python -m training.prepare "$gold/train.jsonl" "$gold/relation_names.jsonl" \
    "$out/epoch$epoch.jsonl" "$epoch"
done
cat "$out"/epoch?.jsonl > "$out/groups.jsonl"
python -m training.prepare "$gold/dev.jsonl" "$gold/relation_names.jsonl" "$out/dev.jsonl" 0

train() { # NAME RANK RATE MINUTES
  python -m training.run "$gguf" "$out/groups.jsonl" "$out/$1" --dev "$out/dev.jsonl" \
    --device cuda --rank "$2" --rate "$3" --minutes "$4"
}
last_loss() { # NAME
  sed -n 's/.*"dev_loss": \([0-9.]*\).*/\1/p' "$out/$1/log.jsonl" | tail -1
}

# A short try of each, then the best for the rest.
try=$((minutes / 10))
best= lowest=
for variant in "8 3e-4" "16 2e-4" "32 2e-4" "64 1e-4"; do
  rank=${variant% *} rate=${variant#* }
  train "rank$rank" "$rank" "$rate" "$try"
  loss=$(last_loss "rank$rank")
  echo "rank $rank, rate $rate: dev loss $loss"
  if [ -z "$lowest" ] || [ "$(printf '%s\n' "$loss" "$lowest" | sort -g | head -1)" = "$loss" ]; then
    best=$variant lowest=$loss
  fi
done
rank=${best% *} rate=${best#* }
train "rank$rank" "$rank" "$rate" $((minutes - 4 * try))
python -m training.export "$out/rank$rank/adapter" "$out/adapter.gguf"
echo "The best is rank $rank: $out/adapter.gguf, dev loss $(last_loss "rank$rank")"
