#!/usr/bin/env bash
# seeds.sh PROGRAM SEEDS [FIRST] [--real]: that many seeds, on all cores.
# seeds.sh PROGRAM --seed N [--trace] [--real]: one of them again.
#
# Called by ./dev sim, from the top of the tree. With --real the folds are a node's own. A seed that
# fails is written to tests/sim/seeds/, or to tests/sim/real/seeds/, and every test runs it from
# then on. Of 300 seeds or more, each counter must be above zero.
set -euo pipefail
program=$1
shift
found=tests/sim/seeds option= args=()
for argument in "$@"; do
  if [[ $argument == --real ]]; then
    found=tests/sim/real/seeds option=' --real'
    export VEDETTE_SIM_REAL=1
  else
    args+=("$argument")
  fi
done
set -- "${args[@]}"

if [[ $1 == --seed ]]; then
  export VEDETTE_SIM_FIRST=$2 VEDETTE_SIM_COUNT=1
  [[ ${3:-} != --trace ]] || export VEDETTE_SIM_TRACE=1
  exec "$program" '[.seeds]'
fi

count=$1
first=${2:-1}
logs=$(mktemp -d)
trap 'rm -rf -- "$logs"' EXIT
cores=$(nproc)
((cores <= count)) || cores=$count
printf '\n==> simulating %d seeds from %d on, %d at a time\n' "$count" "$first" "$cores"
started=$SECONDS
begin=$first
code=0
pids=()
for ((core = 0; core < cores; core++)); do
  share=$((count / cores + (core < count % cores ? 1 : 0)))
  VEDETTE_SIM_FIRST=$begin VEDETTE_SIM_COUNT=$share "$program" '[.seeds]' >"$logs/$core" 2>&1 &
  pids+=($!)
  begin=$((begin + share))
done
for pid in "${pids[@]}"; do wait "$pid" || code=1; done

# The counters of all processes, added up.
awk '/^ +[0-9]+  [a-z]/ {
       n = $1
       sub(/^ +[0-9]+  /, "")
       if (/^seeds,/) next
       if (!($0 in sum)) order[++k] = $0
       sum[$0] += n
     }
     END { for (i = 1; i <= k; i++) printf "%12d  %s\n", sum[order[i]], order[i] }' \
  "$logs"/[0-9]* | tee "$logs/sum"

while IFS=$'\t' read -r seed what; do
  mkdir -p "$found"
  printf '%s\n' "$what" >"$found/$seed"
  printf '    seed %s: %s (./dev sim --seed %s --trace%s)\n' "$seed" "$what" "$seed" "$option"
  code=1
done < <(sed -n 's/^seed \([0-9]*\): \(.*\)$/\1\t\2/p' "$logs"/[0-9]*)

if ((count >= 300)) && grep -E '^ +0  ' "$logs/sum"; then
  printf '    no seed took the paths above: they were not tested\n'
  code=1
fi
took=$((SECONDS - started))
printf '    %d seeds in %d s, %d a second\n' "$count" "$took" "$((count / (took > 0 ? took : 1)))"
exit "$code"
