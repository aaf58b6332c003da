// Answers of a batch's shares, until all are there.
//
// Remembers them, bounded by the batch. Used on the thread of the actor that promised them all.
#pragma once

#include "actors/messages.hpp"

#include <caf/all.hpp>

#include <cstddef>
#include <utility>

namespace vedette::actors {

class awaited_shares {
 public:
  /// Answers at once when it waits for none.
  awaited_shares(std::size_t shares, caf::typed_response_promise<batch_results> promise)
      : promise_{std::move(promise)}, left_{shares} {
    all_.shares.resize(shares);
    if (left_ == 0)
      promise_.deliver(std::move(all_));
  }
  /// Once for each share.
  void put(std::size_t share, share_result what) {
    all_.shares[share] = std::move(what);
    if (--left_ == 0)
      promise_.deliver(std::move(all_));
  }

 private:
  batch_results all_;
  caf::typed_response_promise<batch_results> promise_;
  std::size_t left_;
};

} // namespace vedette::actors
