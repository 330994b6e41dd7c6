#pragma once

#include <exception>
#include <string>
#include <utility>

#include <hdf5.h>

namespace almanac::output {

/// What a failing HDF5 call left on its error stack. Thrown and caught inside the file that calls HDF5.
struct Hdf5Failure : std::exception {
  explicit Hdf5Failure(const char* call);
  const char* what() const noexcept override { return message.c_str(); }

  std::string message;  ///< the call, the library's own words, and the system's cause where it names one
};

/// The identifier or value, if it is not negative. Errors: Hdf5Failure ← it is.
template <class T>
T checked(T value, const char* call) {
  if (value < 0) throw Hdf5Failure(call);
  return value;
}

/// An HDF5 identifier with the call that closes it. Move-only.
template <herr_t (*Close)(hid_t)>
class Hdf5Handle {
 public:
  Hdf5Handle(hid_t id, const char* call) : id_(checked(id, call)) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  ~Hdf5Handle() {
    if (id_ >= 0) Close(id_);
  }

  operator hid_t() const noexcept { return id_; }
  /// Closes now. Errors: Hdf5Failure ← what was still to be written could not be.
  void close(const char* call) { checked(Close(std::exchange(id_, H5I_INVALID_HID)), call); }

 private:
  hid_t id_;
};

using Hdf5File = Hdf5Handle<H5Fclose>;
using Hdf5Object = Hdf5Handle<H5Oclose>;
using Hdf5Dataset = Hdf5Handle<H5Dclose>;
using Hdf5Attribute = Hdf5Handle<H5Aclose>;
using Hdf5Space = Hdf5Handle<H5Sclose>;
using Hdf5Type = Hdf5Handle<H5Tclose>;
using Hdf5Properties = Hdf5Handle<H5Pclose>;

/// Keeps HDF5 from printing its error stack in this thread, for as long as it lives.
class Hdf5Silence {
 public:
  Hdf5Silence() noexcept {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Hdf5Silence(const Hdf5Silence&) = delete;
  Hdf5Silence& operator=(const Hdf5Silence&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// File access without HDF5's own locks, which some network file systems do not have.
Hdf5Properties access_without_locks();

}  // namespace almanac::output
