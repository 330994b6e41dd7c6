// LMDB: one mapped file, open all the time; nothing is verified.

#include "table.hpp"

#include <benchmark/benchmark.h>
#include <lmdb.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace almanac::bench {
namespace {

void check(int code) {
  if (code != 0) std::abort();
}

class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    std::filesystem::create_directories(path);
    check(mdb_env_create(&environment_));
    check(mdb_env_set_mapsize(environment_, std::size_t{1} << 30));
    check(mdb_env_open(environment_, path.c_str(), MDB_NOSYNC, 0644));
  }
  ~Database() { mdb_env_close(environment_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void put(std::string name, const std::vector<double>& values) {
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    check(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    check(mdb_dbi_open(transaction, nullptr, 0, &table));
    MDB_val key{name.size(), name.data()};
    MDB_val value{values.size() * sizeof(double), const_cast<double*>(values.data())};
    check(mdb_put(transaction, table, &key, &value, 0));
    check(mdb_txn_commit(transaction));
  }

  /// The values live as long as the transaction, so they are copied, as a cache that hands them out has to.
  std::vector<double> get(std::string name) {
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    check(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction));
    check(mdb_dbi_open(transaction, nullptr, 0, &table));
    MDB_val key{name.size(), name.data()}, value{};
    check(mdb_get(transaction, table, &key, &value));
    std::vector<double> values(value.mv_size / sizeof(double));
    std::memcpy(values.data(), value.mv_data, value.mv_size);
    mdb_txn_abort(transaction);
    return values;
  }

 private:
  MDB_env* environment_ = nullptr;
};

void Lmdb(benchmark::State& state) {
  const std::int64_t length = state.range(0);
  const std::string name = std::to_string(length);
  Database database(folder() / ("lmdb-" + name));
  database.put(name, table(length));
  verify("LMDB", database.get(name), length);
  for (auto _ : state) benchmark::DoNotOptimize(touch(database.get(name)));
}
BENCHMARK(Lmdb)->Arg(kSmall)->Arg(kLarge);

}  // namespace
}  // namespace almanac::bench
