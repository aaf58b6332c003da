// What ThreadSanitizer must not look at: Debian's RocksDB was built without it, so its own locks
// and atomics are invisible and every hand-over inside it looks like a race. Ours stay watched.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:librocksdb.so\n"
         "race:librocksdb.so\n";
}
#endif
