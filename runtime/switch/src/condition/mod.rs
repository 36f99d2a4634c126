//! `cond` and `expr`: the conditions and sums that dialplans write as `${cond(…)}` and `${expr(…)}`.

mod cond;
mod expr;

pub use cond::cond;
pub use expr::{ExprError, MAX_DEPTH, expr};
