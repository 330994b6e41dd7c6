#include "ratio_report.hpp"

#include <fmt/format.h>

int main(int argc, char** argv) {
  using almanac::bench::Ratio;
  const auto most = Ratio::Sense::at_most;
  return almanac::bench::run_and_compare(
      argc, argv,
      {{"disk hit 8 kB against H5Fopen + H5Dread + close", "AlmanacDisk/1024/manual_time", "PlainHdf5/1024", 5},
       {"disk hit 84 MB, verified, against H5Fopen + H5Dread + close", "AlmanacDisk/10485760/manual_time", "PlainHdf5/10485760", 4},
       {"the same, H5Dread into memory that was used before", "AlmanacDisk/10485760/manual_time", "PlainHdf5IntoUsedMemory/10485760", 0},
       {"disk hit 84 MB over mapping and hashing a raw file", "AlmanacDisk/10485760/manual_time", "RawFileMappedAndHashed/10485760", 1.3, most},
       {"disk hit 8 kB against recomputing", "AlmanacDisk/1024/manual_time", "Recompute/1024", 0},
       {"disk hit 84 MB against recomputing", "AlmanacDisk/10485760/manual_time", "Recompute/10485760", 0},
       {"disk hit 8 kB against LMDB", "AlmanacDisk/1024/manual_time", "Lmdb/1024", 0},
       {"disk hit 84 MB against LMDB", "AlmanacDisk/10485760/manual_time", "Lmdb/10485760", 0},
       {"memory hit through the memory tier", "AlmanacMemoryTier", "", 100, most},
       {"memory hit through the Engine API", "AlmanacEngineMemoryHit", "", 250, most}});
}
