//! Numbers as SQLite writes them.
//!
//! As it did when FreeSWITCH's scripts were written: versions from 3.52 on show 17 digits, and 0.3 as
//! 0.30000000000000004.

/// The text of a floating-point number: 15 digits, and a point in any case.
pub(crate) fn text(number: f64) -> String {
    if number.is_nan() {
        return String::new(); // SQLite has none: it stores NULL
    }
    if number.is_infinite() {
        return if number > 0.0 { "Inf" } else { "-Inf" }.to_owned();
    }
    if number == 0.0 {
        return "0.0".to_owned();
    }
    // One digit, a point, 14 digits, `e`, the exponent.
    let scientific = format!("{number:.14e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or_default();
        return with_point(&format!("{number:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", with_point(mantissa), exponent.unsigned_abs())
}

/// Without zeros at the end, but with a digit after the point.
fn with_point(digits: &str) -> String {
    let Some((whole, fraction)) = digits.split_once('.') else { return format!("{digits}.0") };
    match fraction.trim_end_matches('0') {
        "" => format!("{whole}.0"),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_sqlite_up_to_3_51() {
        for (number, wanted) in [
            (0.0, "0.0"),
            (-0.0, "0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1 + 0.2, "0.3"),
            (1e10, "10000000000.0"),
            (123_456_789.125, "123456789.125"),
            (12_345.678_901_234_567, "12345.6789012346"),
            (1e14, "100000000000000.0"),
            (1e15, "1.0e+15"),
            (999_999_999_999_999.9, "1.0e+15"),
            (1.5e300, "1.5e+300"),
            (f64::MAX, "1.79769313486232e+308"),
            (1e-4, "0.0001"),
            (0.000_123_456, "0.000123456"),
            (1e-5, "1.0e-05"),
            (-2.5e-10, "-2.5e-10"),
            (1.0 / 3.0, "0.333333333333333"),
            (f64::INFINITY, "Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(text(number), wanted);
        }
    }
}
