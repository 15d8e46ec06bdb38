//! The interpreter: modules are loaded, endpoints found, and each interpreted from its first hook to its last answer.

pub mod app;
pub mod assign;
pub mod attr;
pub mod builtins;
pub mod call;
pub mod compare;
pub mod cond;
pub mod credential;
pub mod endpoint;
pub mod expr;
pub mod guards;
pub mod handover;
pub mod intern;
pub mod interp;
pub mod kept;
pub mod keys;
pub mod label;
pub mod library;
pub mod load;
pub mod memo;
pub mod reach;
pub mod registry;
pub mod request;
pub mod routes;
pub mod sql;
pub mod state;
pub mod stmt;
pub mod store;
pub mod survey;
pub mod trace;
pub mod value;
pub mod web;
pub mod world;
pub mod written;

pub use intern::PrincipalKind;
