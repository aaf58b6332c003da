// What a checkpoint costs on its way from one store to another, stage by stage, on one core.
//
// Partitions of made-up entities, read, cut into chunks, put into messages and frames as the mesh
// does, taken apart and staged, and put in force; both stores are real ones, on this disk. Prints
// CPU milliseconds per megabyte of state for each stage, and megabytes a second by the clock when
// one thread does all of it. Usage: bench_checkpoint [MEGABYTES] [PARTITIONS]
#include "actors/checkpoint_stream.hpp"
#include "actors/replica_codec.hpp"
#include "bench/micro/cpu_time.hpp"
#include "schemas/codec/mesh_codec.hpp"
#include "schemas/codec/record_codec.hpp"
#include "state/keys.hpp"
#include "state/rocks/rocks_store.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace vedette;

/// The stores' own threads are part of what it costs.
double cpu_seconds() {
  return bench::cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

template <class T>
T must(base::result<T> r) {
  if (r)
    return *std::move(r);
  std::fprintf(stderr, "bench_checkpoint: %s\n", base::to_string(r.err()).c_str());
  std::exit(1);
}
void must(const base::status& s) {
  if (s)
    return;
  std::fprintf(stderr, "bench_checkpoint: %s\n", base::to_string(s.err()).c_str());
  std::exit(1);
}

class stopwatch {
 public:
  explicit stopwatch(double& adds_to) : sum_{adds_to}, since_{cpu_seconds()} {}
  ~stopwatch() { sum_ += cpu_seconds() - since_; }
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;

 private:
  double& sum_;
  double since_;
};

/// About as well compressible as what identities leave behind: names again and again, numbers
/// between them.
std::string make_value(std::mt19937_64& chance) {
  std::string out;
  const auto size = 400 + chance() % 3'600;
  while (out.size() < size)
    out += fmt::format("s3.amazonaws.com/GetObject {:x} eu-west-{} {} ", chance(), chance() % 3,
                       chance() % 1000);
  return out;
}

void run(const std::filesystem::path& folder, std::size_t megabytes, std::uint32_t partitions) {
  const auto from = must(state::open_rocks_store(folder / "from", {}));
  const auto to = must(state::open_rocks_store(folder / "to", {}));

  std::mt19937_64 chance{7};
  double bytes = 0;
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const auto share = static_cast<double>(megabytes) * 1e6 / partitions;
    double made = 0;
    for (std::uint64_t n = 0; made < share;) {
      state::changes set;
      for (int i = 0; i < 200; ++i, ++n) {
        auto value = make_value(chance);
        made += static_cast<double>(value.size());
        set.put({{p}, {"acme"}, state::state_kind::identity, fmt::format("identity-{:016x}", n)},
                std::move(value));
      }
      must(from->entities().apply(set));
    }
    bytes += made;
  }

  double opening = 0, reading = 0, sending = 0, receiving = 0, taking = 0, staging = 0,
         switching = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t p = 0; p < partitions; ++p) {
    std::shared_ptr<const actors::checkpoint_source> source;
    {
      const stopwatch _{opening};
      source = must(actors::checkpoint_source::open(
          must(actors::view_of(from->entities(), {p}, {1}, "partition"))));
    }
    actors::checkpoint_sink sink;
    must(to->entities().drop_staged({p}));
    for (std::uint32_t n = 0; n < source->opened().chunks; ++n) {
      std::shared_ptr<const std::string> chunk;
      {
        const stopwatch _{reading};
        chunk = must(source->chunk(n));
      }
      std::string frame;
      {
        const stopwatch _{sending};
        cluster::checkpoint_chunk c{{}, n, chunk};
        c.manifest.id = 1;
        c.manifest.chunks = source->opened().chunks;
        const auto message = actors::encode({{p}, {1}, {1}, 1, std::move(c)});
        schemas::mesh_frame f;
        f.cluster = "bench";
        f.sender = "n1";
        f.process = 1;
        f.lane = schemas::mesh_lane::bulk;
        f.messages.push_back(message);
        frame = schemas::encode(f);
      }
      std::string_view got;
      schemas::mesh_frame taken_apart;
      cluster::message message;
      {
        const stopwatch _{receiving};
        taken_apart = must(schemas::decode_mesh_frame(frame));
        message = must(actors::decode_replica_message(taken_apart.messages.front()));
        got = *std::get<cluster::checkpoint_chunk>(message.body).bytes;
      }
      std::vector<state::staged_item> items;
      {
        const stopwatch _{taking};
        items = must(sink.take(got));
      }
      const stopwatch _{staging};
      must(to->entities().stage({p}, items));
    }
    const stopwatch _{switching};
    const state::log_entry reset{
        {p}, {1}, {1}, state::entry_kind::reset, 1, schemas::encode_history({{{1}, {1}}})};
    must(to->switch_staged({p}, reset, *sink.beside({p}, {1})));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;

  std::printf("%.0f MB of state in %u partitions, CPU ms per MB:\n", bytes / 1e6, partitions);
  const auto line = [&](const char* what, double seconds) {
    std::printf("  %-34s %6.2f\n", what, 1e3 * seconds / (bytes / 1e6));
  };
  line("opened: sizes and checksum", opening);
  line("read and cut into a chunk", reading);
  line("put into a message and a frame", sending);
  line("taken out of both", receiving);
  line("taken apart and hashed", taking);
  line("staged", staging);
  line("put in force", switching);
  line("all of it", opening + reading + sending + receiving + taking + staging + switching);
  std::printf("by the clock, one thread: %.1f MB/s\n", bytes / 1e6 / took.count());
}

} // namespace

int main(int argc, char** argv) {
  const auto folder = std::filesystem::temp_directory_path() /
                      fmt::format("vedette-bench-{}", std::random_device{}());
  run(folder, argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 128,
      argc > 2 ? static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)) : 16);
  std::filesystem::remove_all(folder);
  return 0;
}
