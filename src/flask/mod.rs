//! The Flask model: applications, blueprints, routes, hooks, class views, and the endpoints they make.

mod routes;

pub use routes::{Carried, RouteRow};
