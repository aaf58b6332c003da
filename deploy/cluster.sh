# A cluster on this machine: etcd and three nodes, each a process of its own; part of ./dev, which sources it.
#
# Everything is below one folder: data, configuration, logs, and a pid file for each process with the
# id and the time at which the kernel started it, so that nothing else is ever signalled.
# shellcheck shell=bash

cluster_nodes=(1 2 3)
etcd_port=8500
cluster_port() { echo $((8460 + 10 * $1)); } # of node $1's HTTP; ingest, alerts and mesh follow

# When the kernel started a process: a number that comes again under the same id is another process.
started_at() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  [[ $1 != Z ]] && echo "${20}" # one that ended and that nobody asked after yet has ended
}
# The id in a pid file, if that process still runs.
running_pid() { # FILE
  local pid since
  [[ -f $1 ]] && read -r pid since <"$1" || return 1
  [[ $(started_at "$pid") == "$since" ]] && echo "$pid"
}

start_beside() { # NAME COMMAND...: in the background, in its own session, pid and log under the name
  local name=$1 pid
  shift
  rm -f "$cluster_dir/$name.pid"
  setsid -f bash -c 'echo "$$ " >"$1"; shift; exec "$@"' - "$cluster_dir/$name.pid" "$@" \
    >"$cluster_dir/$name.log" 2>&1 </dev/null
  local waited=0
  until [[ -s $cluster_dir/$name.pid ]]; do
    ((waited++ < 100)) || die "$name did not start; see $cluster_dir/$name.log"
    sleep 0.05
  done
  read -r pid <"$cluster_dir/$name.pid"
  printf '%s %s\n' "$pid" "$(started_at "$pid" || echo 0)" >"$cluster_dir/$name.pid"
}

stop_beside() { # NAME...: together; only what a pid file of ours names and still is that process
  local name pid waited=0 left
  for name in "$@"; do
    if pid=$(running_pid "$cluster_dir/$name.pid"); then
      note "stopping $name (process $pid)"
      kill -TERM "$pid" || true
    fi
  done
  while :; do
    left=()
    for name in "$@"; do
      if running_pid "$cluster_dir/$name.pid" >/dev/null; then left+=("$name"); else rm -f "$cluster_dir/$name.pid"; fi
    done
    ((${#left[@]})) || return 0
    if ((waited++ >= 100)); then
      for name in "${left[@]}"; do
        note "$name did not end within 20 s and is killed"
        pid=$(running_pid "$cluster_dir/$name.pid") && kill -KILL "$pid"
      done
    fi
    ((waited < 150)) || die "${left[*]} cannot be ended"
    sleep 0.2
  done
}

write_node_config() { # NUMBER
  local port
  port=$(cluster_port "$1")
  cat >"$cluster_dir/n$1.yaml" <<YAML
# Written by ./dev cluster up.
node: {id: n$1, data_dir: $cluster_dir/n$1}
http: {listen: "127.0.0.1:$port"}
ingest: {listen: "127.0.0.1:$((port + 1))"}
alerts: {listen: "127.0.0.1:$((port + 2))"}
mesh: {listen: "127.0.0.1:$((port + 3))"}
cluster:
  coordinator: etcd
  endpoints: ["http://127.0.0.1:$etcd_port"]
  found: $([[ $1 == 1 ]] && echo true || echo false)
  copies: 3
  lease: 2s
YAML
}

start_etcd() {
  if running_pid "$cluster_dir/etcd.pid" >/dev/null; then
    note "etcd runs already"
    return
  fi
  local port
  for port in $etcd_port $((etcd_port + 1)); do
    is_taken "$port" && die "port $port, which etcd shall have, is taken by another program"
  done
  start_beside etcd etcd --name=dev --data-dir="$cluster_dir/etcd" \
    --listen-client-urls="http://127.0.0.1:$etcd_port" --advertise-client-urls="http://127.0.0.1:$etcd_port" \
    --listen-peer-urls="http://127.0.0.1:$((etcd_port + 1))" \
    --initial-advertise-peer-urls="http://127.0.0.1:$((etcd_port + 1))" \
    --initial-cluster="dev=http://127.0.0.1:$((etcd_port + 1))" --auto-compaction-retention=1h
  local waited=0
  until is_taken "$etcd_port"; do
    running_pid "$cluster_dir/etcd.pid" >/dev/null || { tail -n 5 "$cluster_dir/etcd.log" >&2; die "etcd did not start"; }
    ((waited++ < 150)) || die "etcd does not listen after 30 s; see $cluster_dir/etcd.log"
    sleep 0.2
  done
  note "etcd listens on 127.0.0.1:$etcd_port"
}

start_node() { # NUMBER
  if running_pid "$cluster_dir/n$1.pid" >/dev/null; then
    note "n$1 runs already"
    return
  fi
  local port first
  first=$(cluster_port "$1")
  for port in "$first" $((first + 1)) $((first + 2)) $((first + 3)); do
    is_taken "$port" && die "port $port, which node n$1 shall have, is taken by another program"
  done
  write_node_config "$1"
  start_beside "n$1" build/release/bin/vedetted --config "$cluster_dir/n$1.yaml"
}

wait_for_node() { # NUMBER
  local waited=0
  until grep -q ' ready: ' "$cluster_dir/n$1.log"; do
    running_pid "$cluster_dir/n$1.pid" >/dev/null \
      || { tail -n 5 "$cluster_dir/n$1.log" >&2; die "node n$1 did not start; its last lines are above"; }
    ((waited++ < 300)) || { tail -n 5 "$cluster_dir/n$1.log" >&2; die "node n$1 was not ready within 60 s"; }
    sleep 0.2
  done
  note "n$1 is ready: http://127.0.0.1:$(cluster_port "$1"), log $cluster_dir/n$1.log"
}

# The address and token of the first node that runs, as options of vedette.
cluster_here() {
  local i
  for i in "${cluster_nodes[@]}"; do
    if running_pid "$cluster_dir/n$i.pid" >/dev/null; then
      printf '%s\n' --server "http://127.0.0.1:$(cluster_port "$i")" --data-dir "$cluster_dir/n$i"
      return 0
    fi
  done
  return 1
}

cluster_status() {
  local here=()
  mapfile -t here < <(cluster_here)
  ((${#here[@]})) || die "no node of $cluster_dir runs; ./dev cluster up starts them"
  build/release/bin/vedette nodes "${here[@]}"
  printf '\n'
  build/release/bin/vedette partitions "${here[@]}"
}

cluster_up() {
  need_core
  need etcd-server
  build_preset release vedetted vedette
  mkdir -p "$cluster_dir"
  say "starting etcd and three nodes, data in $cluster_dir"
  start_etcd
  local i
  for i in "${cluster_nodes[@]}"; do start_node "$i"; done
  for i in "${cluster_nodes[@]}"; do wait_for_node "$i"; done
  local here=()
  mapfile -t here < <(cluster_here)
  say "what the cluster says"
  build/release/bin/vedette nodes "${here[@]}"
  say "try"
  note "build/release/bin/vedette partitions --watch ${here[*]}"
  note "build/release/bin/vedette simulate --events 100000 --attacks 5 --out $cluster_dir/logs.json"
  note "build/release/bin/vedette send $cluster_dir/logs.json --to tcp://127.0.0.1:$(($(cluster_port 1) + 1))"
  note "build/release/bin/vedette node drain n2 ${here[*]}"
  note "./dev cluster status; ./dev cluster down"
}

cluster_command() { # up|down|status [FOLDER]
  [[ ${1:-} =~ ^(up|down|status)$ && $# -le 2 ]] || die "cluster takes up, down or status, and a folder if not build/cluster"
  cluster_dir=$(realpath -m "${2:-build/cluster}")
  case $1 in
    up) cluster_up ;;
    status) cluster_status ;;
    down)
      say "stopping what runs of $cluster_dir; the data stay"
      stop_beside "${cluster_nodes[@]/#/n}"
      stop_beside etcd
      note "done; ./dev cluster up goes on where it was, without $cluster_dir it begins anew"
      ;;
  esac
}
