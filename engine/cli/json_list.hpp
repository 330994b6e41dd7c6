#pragma once

#include "context.hpp"

namespace almanac::cli {

/// A JSON array on standard output, written element by element: as Context::print would write the whole of it. It is
/// closed when it goes, so that the document is valid whatever ends the listing.
class JsonList {
 public:
  explicit JsonList(Context& context);
  ~JsonList();
  JsonList(const JsonList&) = delete;
  JsonList& operator=(const JsonList&) = delete;

  void add(const Json& element);

 private:
  bool empty_ = true;
};

}  // namespace almanac::cli
