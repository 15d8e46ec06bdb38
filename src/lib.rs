//! whosekey reads the source of Flask applications and asks: whose key is it, and what may it open?

pub mod findings;
pub mod flask;
pub mod report;
pub mod rules;
pub mod source;
