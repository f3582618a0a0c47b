//! Structs of numbers that are also lists: each field has a name where it is used, and a place in
//! the list where it is stored or added up.

/// Declares a struct of numbers of one type. Its list has the order of the fields.
macro_rules! number_list {
    ($(#[$meta:meta])* $visible:vis struct $Name:ident of $number:ty {
        $( $(#[$about:meta])* $field_visible:vis $field:ident, )+
    }) => {
        $(#[$meta])*
        $visible struct $Name { $( $(#[$about])* $field_visible $field: $number, )+ }

        #[allow(dead_code, reason = "some are never stored, others never added up")]
        impl $Name {
            /// The number of fields.
            pub(crate) const LENGTH: usize = [$(stringify!($field)),+].len();

            /// The numbers, in the order of the fields.
            pub(crate) fn list(&self) -> [$number; Self::LENGTH] {
                [$(self.$field),+]
            }

            /// The opposite of `list`.
            pub(crate) fn of([$($field),+]: [$number; Self::LENGTH]) -> Self {
                Self { $($field),+ }
            }

            /// Combines each number with the same one of another.
            pub(crate) fn with(
                &self,
                other: &Self,
                combine: impl Fn($number, $number) -> $number,
            ) -> Self {
                Self { $($field: combine(self.$field, other.$field)),+ }
            }
        }
    };
}

pub(crate) use number_list;
