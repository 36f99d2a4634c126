//! Sums: `(1+2)*3`, `a=2;a*3`, `max(1,2)`.

use std::collections::HashMap;

/// How deep parentheses may be nested.
pub const MAX_DEPTH: usize = 100;

/// Why a sum has no value; callers answer `!err!`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExprError {
    /// It cannot be read.
    #[error("not an expression")]
    Syntax,
    /// Division by zero, root of a negative number and the like.
    #[error("has no value")]
    Value,
    /// Parentheses deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
}

/// Computes a sum and writes it with at most ten decimals.
///
/// `+ - * / ^` with parentheses (`^` from left to right, a sign binds closest), `name=value`,
/// several sums separated by `;` (the last one counts), and functions: abs, mod, ipart, fpart, min,
/// max, pow, sqrt, sin, sinh, asin, cos, cosh, acos, tan, tanh, atan, atan2, log, pow10, ln, exp, logn,
/// ceil, floor, deg, rad, if, select, equal, above, below, avg, clip, clamp, poly, and, or, not, many.
/// A name without a value is 0.
///
/// # Errors
///
/// It cannot be read, or has no value.
pub fn expr(text: &str) -> Result<String, ExprError> {
    let mut parser = Parser { rest: text, variables: HashMap::new(), depth: 0 };
    let mut value = None;
    loop {
        parser.skip();
        if parser.rest.is_empty() {
            break;
        }
        value = Some(parser.sum()?);
        parser.skip();
        if !parser.rest.is_empty() && !parser.take(';') {
            return Err(ExprError::Syntax);
        }
    }
    let value = value.ok_or(ExprError::Syntax)?;
    if !value.is_finite() {
        return Err(ExprError::Value);
    }
    let text = format!("{value:.10}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    Ok(if text == "-0" { "0".to_owned() } else { text.to_owned() })
}

struct Parser<'t> {
    rest: &'t str,
    variables: HashMap<&'t str, f64>,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Terms added or subtracted.
    fn sum(&mut self) -> Result<f64, ExprError> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value += self.product()?;
            } else if self.take('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, ExprError> {
        let mut value = self.power()?;
        loop {
            if self.take('*') {
                value *= self.power()?;
            } else if self.take('/') {
                let divisor = self.power()?;
                if divisor == 0.0 {
                    return Err(ExprError::Value);
                }
                value /= divisor;
            } else {
                return Ok(value);
            }
        }
    }

    fn power(&mut self) -> Result<f64, ExprError> {
        let mut value = self.signed()?;
        while self.take('^') {
            value = value.powf(self.signed()?);
        }
        Ok(value)
    }

    fn signed(&mut self) -> Result<f64, ExprError> {
        let mut negative = false;
        loop {
            if self.take('-') {
                negative = !negative;
            } else if !self.take('+') {
                break;
            }
        }
        let value = self.atom()?;
        Ok(if negative { -value } else { value })
    }

    fn atom(&mut self) -> Result<f64, ExprError> {
        self.skip();
        if self.take('(') {
            return self.nested(|parser| {
                let value = parser.sum()?;
                if parser.take(')') { Ok(value) } else { Err(ExprError::Syntax) }
            });
        }
        match self.rest.chars().next() {
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.name(),
            _ => Err(ExprError::Syntax),
        }
    }

    fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<f64, ExprError>,
    ) -> Result<f64, ExprError> {
        if self.depth >= MAX_DEPTH {
            return Err(ExprError::TooDeep);
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn number(&mut self) -> Result<f64, ExprError> {
        let digits = self.word(|c| c.is_ascii_digit() || c == '.');
        // `1e20` is not a number here.
        if self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(ExprError::Syntax);
        }
        digits.parse().map_err(|_| ExprError::Syntax)
    }

    fn name(&mut self) -> Result<f64, ExprError> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if self.take('(') {
            return self.nested(|parser| {
                let arguments = parser.arguments()?;
                function(name, &arguments)
            });
        }
        if self.take('=') {
            let value = self.nested(Self::sum)?;
            self.variables.insert(name, value);
            return Ok(value);
        }
        Ok(self.variables.get(name).copied().unwrap_or(0.0))
    }

    fn arguments(&mut self) -> Result<Vec<f64>, ExprError> {
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.sum()?);
            if self.take(')') {
                return Ok(arguments);
            }
            if !self.take(',') {
                return Err(ExprError::Syntax);
            }
        }
    }
}

fn function(name: &str, arguments: &[f64]) -> Result<f64, ExprError> {
    let truth = |value: bool| if value { 1.0 } else { 0.0 };
    let value = match (name, arguments) {
        ("abs", [x]) => x.abs(),
        ("mod", [x, y]) => x % y,
        ("ipart", [x]) => x.trunc(),
        ("fpart", [x]) => x.fract(),
        ("min", [first, rest @ ..]) => rest.iter().fold(*first, |a, b| a.min(*b)),
        ("max", [first, rest @ ..]) => rest.iter().fold(*first, |a, b| a.max(*b)),
        ("pow", [x, y]) => x.powf(*y),
        ("sqrt", [x]) => x.sqrt(),
        ("sin", [x]) => x.sin(),
        ("sinh", [x]) => x.sinh(),
        ("asin", [x]) => x.asin(),
        ("cos", [x]) => x.cos(),
        ("cosh", [x]) => x.cosh(),
        ("acos", [x]) => x.acos(),
        ("tan", [x]) => x.tan(),
        ("tanh", [x]) => x.tanh(),
        ("atan", [x]) => x.atan(),
        ("atan2", [y, x]) => y.atan2(*x),
        ("log", [x]) => x.log10(),
        ("pow10", [x]) => 10_f64.powf(*x),
        ("ln", [x]) => x.ln(),
        ("exp", [x]) => x.exp(),
        // By the quotient, as `log(x, base)` would lose the last digit.
        ("logn", [x, base]) => x.ln() / base.ln(),
        ("ceil", [x]) => x.ceil(),
        ("floor", [x]) => x.floor(),
        ("deg", [x]) => x.to_degrees(),
        ("rad", [x]) => x.to_radians(),
        ("if", [test, yes, no]) => {
            if *test == 0.0 {
                *no
            } else {
                *yes
            }
        }
        ("select", [test, negative, zero]) => {
            if *test < 0.0 {
                *negative
            } else {
                *zero
            }
        }
        ("select", [test, negative, zero, positive]) => match test.partial_cmp(&0.0) {
            Some(std::cmp::Ordering::Less) => *negative,
            Some(std::cmp::Ordering::Greater) => *positive,
            _ => *zero,
        },
        ("equal", [x, y]) => truth(x == y),
        ("above", [x, y]) => truth(x > y),
        ("below", [x, y]) => truth(x < y),
        ("avg", [first, rest @ ..]) => {
            let count = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
            rest.iter().fold(*first, |a, b| a + b) / f64::from(count)
        }
        ("clip", [x, low, high]) => x.min(*high).max(*low),
        ("clamp", [x, low, high]) => low + (x - low).rem_euclid(high - low),
        ("poly", [x, factors @ ..]) => factors.iter().fold(0.0, |sum, factor| sum * x + factor),
        ("and", [x, y]) => truth(*x != 0.0 && *y != 0.0),
        ("or", [x, y]) => truth(*x != 0.0 || *y != 0.0),
        ("not", [x]) => truth(*x == 0.0),
        ("many", [.., last]) => *last,
        _ => return Err(ExprError::Syntax),
    };
    if value.is_finite() { Ok(value) } else { Err(ExprError::Value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_bounded() {
        let text = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(expr(&text(MAX_DEPTH)).as_deref(), Ok("1"));
        assert_eq!(expr(&text(MAX_DEPTH + 1)), Err(ExprError::TooDeep));
        assert_eq!(expr(&"a=".repeat(1000)), Err(ExprError::TooDeep));
        assert_eq!(expr(&format!("{}1", "-".repeat(100_001))).as_deref(), Ok("-1"));
    }

    #[test]
    fn what_has_no_value_is_an_error() {
        for text in ["1/0", "sqrt(-1)", "ln(0)", "10^400", "mod(1,0)", "0/0"] {
            assert_eq!(expr(text), Err(ExprError::Value), "{text}");
        }
    }

    mod properties {
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn nothing_panics(text in "([0-9.a-z+*/^=;,() -]|abs\\(|max\\(|clamp\\(){0,30}") {
                let _ = super::expr(&text);
            }
        }
    }
}
