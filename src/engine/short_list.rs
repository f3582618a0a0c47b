//! Short lists in order. The library's sorting is 8 KB of the module for each type.

/// Adds what a list in order does not have yet, at its place.
pub fn insert<T: Ord>(list: &mut Vec<T>, item: T) {
    if let Err(place) = list.binary_search(&item) {
        list.insert(place, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_in_order_and_each_is_there_once() {
        let mut list = Vec::new();
        [3, 1, 2, 3, 1, 0].into_iter().for_each(|item| insert(&mut list, item));
        assert_eq!(list, [0, 1, 2, 3]);
    }
}
