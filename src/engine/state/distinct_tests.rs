//! Tests of `distinct`.
