//! Parameters of scenarios: each with its default, what it means and where the figure comes
//! from, in one place, so that `--list`, `--set` and the generators cannot disagree.
//!
//! A set of parameters is a plain struct that the [`parameters!`] macro declares. A field's
//! type says how it is typed on the command line and what is allowed.

use std::str::FromStr;

/// One parameter as `--list` shows it.
pub struct Row {
    /// As it is named in `--set`.
    pub name: String,
    /// Its present value, as it would be typed.
    pub value: String,
    /// What it means.
    pub what: &'static str,
    /// Where the default comes from.
    pub source: &'static str,
}

/// A set of parameters, by name.
pub trait Parameters {
    /// Sets the parameter `name`; `None` if there is none of that name.
    fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>>;
    /// Every parameter in the order of declaration.
    fn rows(&self) -> Vec<Row>;
}

/// A value that can be typed. Its error says what is allowed.
pub trait Setting: Sized {
    /// Reads what was typed.
    fn read(text: &str) -> Result<Self, String>;
    /// Writes it as it would be typed.
    fn show(&self) -> String;
}

/// A part of a whole, 0 to 1; `8%` is understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl Setting for Share {
    fn read(text: &str) -> Result<Self, String> {
        let number = match text.strip_suffix('%') {
            Some(percent) => percent.parse().map(|number: f64| number / 100.0),
            None => text.parse(),
        };
        match number {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self(share)),
            _ => Err("give a share from 0 to 1, or a percentage as 8%".into()),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A number of at least 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Setting for Number {
    fn read(text: &str) -> Result<Self, String> {
        match f64::from_str(text) {
            Ok(number) if (0.0..=1e9).contains(&number) => Ok(Self(number)),
            _ => Err("give a number from 0 to 1e9".into()),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A whole number; `30_000` is understood.
impl Setting for u64 {
    fn read(text: &str) -> Result<Self, String> {
        match Self::from_str(&text.replace('_', "")) {
            Ok(number) if number <= 1_000_000_000 => Ok(number),
            _ => Err("give a whole number from 0 to 1_000_000_000".into()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A length of time in seconds, typed with its unit: `90s`, `15m`, `3h`, `2d`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span(pub f64);

impl Span {
    /// That many hours.
    pub const fn hours(hours: f64) -> Self {
        Self(hours * 3600.0)
    }

    /// That many minutes.
    pub const fn minutes(minutes: f64) -> Self {
        Self(minutes * 60.0)
    }
}

const UNITS: [(char, f64); 4] = [('d', 86400.0), ('h', 3600.0), ('m', 60.0), ('s', 1.0)];

impl Setting for Span {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || "give a time with its unit: 90s, 15m, 3h or 2d".to_owned();
        let (digits, unit) = UNITS
            .iter()
            .find_map(|&(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
            .ok_or_else(wrong)?;
        match f64::from_str(digits) {
            Ok(number) if (0.0..=1e6).contains(&number) => Ok(Self(number * unit)),
            _ => Err(wrong()),
        }
    }

    fn show(&self) -> String {
        let whole = |&&(_, seconds): &&(char, f64)| self.0 > 0.0 && self.0 % seconds == 0.0;
        let (unit, seconds) = UNITS.iter().find(whole).copied().unwrap_or(('s', 1.0));
        format!("{}{unit}", self.0 / seconds)
    }
}

/// When in a trace something begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// So that it lies in the middle of the trace.
    Middle,
    /// At this time after the trace begins.
    After(Span),
}

impl Setting for Start {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "middle" => Ok(Self::Middle),
            _ => Span::read(text).map(Self::After).map_err(|error| format!("{error}, or `middle`")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Middle => "middle".into(),
            Self::After(span) => span.show(),
        }
    }
}

/// Declares a struct of parameters: doc comment, type, default and source of each.
macro_rules! parameters {
    ($(#[$meta:meta])* pub struct $Name:ident {
        $( $(#[doc = $what:literal])+ $field:ident: $type:ty = $default:expr, $source:literal; )*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name { $( $(#[doc = $what])+ pub $field: $type, )* }

        impl Default for $Name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl $crate::simulate::settings::Parameters for $Name {
            fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
                use $crate::simulate::settings::Setting;
                match name.replace('-', "_").as_str() {
                    $( stringify!($field) => {
                        Some(<$type>::read(value).map(|value| self.$field = value))
                    } )*
                    _ => None,
                }
            }

            fn rows(&self) -> Vec<$crate::simulate::settings::Row> {
                use $crate::simulate::settings::Setting;
                vec![ $( $crate::simulate::settings::Row {
                    name: stringify!($field).replace('_', "-"),
                    value: self.$field.show(),
                    what: concat!($($what),+).trim(),
                    source: $source,
                }, )* ]
            }
        }
    };
}

/// Declares a choice between words.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $Name:ident { $( $(#[$doc:meta])+ $Variant:ident = $word:literal, )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name { $( $(#[$doc])+ $Variant, )* }

        impl $crate::simulate::settings::Setting for $Name {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $( $word => Ok(Self::$Variant), )*
                    _ => Err(format!("give one of {}", [$( $word ),*].join(", "))),
                }
            }

            fn show(&self) -> String {
                match self { $( Self::$Variant => $word.into(), )* }
            }
        }
    };
}

pub(super) use {choice, parameters};
