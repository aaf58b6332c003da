// Lists of hot state grow by an eighth, not to twice their size, and give room back.
//
// They are short, live for hours or days and are added to seldom, so room that is never used costs
// more than the moves it saves. Those stay constant per element.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace vedette::detect {

/// Makes room for one more element. Invalidates iterators like any insertion.
template <class T>
void make_room(std::vector<T>& list) {
  if (list.size() == list.capacity())
    list.reserve(list.size() + list.size() / 8 + 1);
}

/// Inserts before `at` and gives where the element is.
template <class T>
auto insert_tight(std::vector<T>& list, typename std::vector<T>::const_iterator at, T value) {
  const auto place = at - list.cbegin();
  make_room(list);
  return list.insert(list.cbegin() + place, std::move(value));
}

/// Erases, and gives back the room when less than half of it is used: O(size) then, which the
/// elements that went have paid for.
template <class T, class Predicate>
void erase_tight(std::vector<T>& list, Predicate gone) {
  std::erase_if(list, gone);
  if (list.size() * 2 < list.capacity())
    list.shrink_to_fit();
}

} // namespace vedette::detect
