//! `cond` and `expr`: the conditions and sums that dialplans write.
