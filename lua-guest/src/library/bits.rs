//! Numbers as 32 bits: `bit` (LuaBitOp's names and signed results) and `bit32` (Lua 5.2's, unsigned).
//!
//! Lua 5.1 and 5.2 have no operators for it, and scripts that have to run on both use these.

use mlua::{
    FromLua as _, Function, IntoLuaMulti as _, Lua, MultiValue, Result, Table, Value, Variadic,
};

use crate::interpreter;

/// Two to the power of 32.
const MODULUS: f64 = 4_294_967_296.0;

/// What a function was given.
struct Given<'a> {
    lua: &'a Lua,
    name: &'static str,
    values: &'a [Value],
}

impl Given<'_> {
    fn number(&self, at: usize) -> std::result::Result<f64, String> {
        let value = self.values.get(at).cloned().unwrap_or(Value::Nil);
        let kind = value.type_name();
        self.lua.coerce_number(value).ok().flatten().ok_or_else(|| {
            let (position, name) = (at + 1, self.name);
            format!("bad argument #{position} to '{name}' (number expected, got {kind})")
        })
    }

    /// A number modulo 2^32, as both libraries take it.
    fn bits(&self, at: usize) -> std::result::Result<u32, String> {
        if let Some(value @ Value::Integer(_)) = self.values.get(at) {
            // Lua 5.1 has integers of 32 bits here, later versions of 64.
            let number = i64::from_lua(value.clone(), self.lua).unwrap_or_default();
            return Ok(u32::try_from(number.rem_euclid(1 << 32)).unwrap_or_default());
        }
        let number = self.number(at)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 2^32 - 1; what is no number is 0"
        )]
        Ok(number.floor().rem_euclid(MODULUS) as u32)
    }

    /// How far to shift; a number that is too large stays too large.
    fn count(&self, at: usize) -> std::result::Result<i64, String> {
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Ok(self.number(at)? as i64)
    }

    fn all(&self) -> std::result::Result<Vec<u32>, String> {
        (0..self.values.len().max(1)).map(|at| self.bits(at)).collect()
    }

    /// The width of a field as ones, and where it begins; both must lie within the 32 bits.
    fn field(&self, at: usize) -> std::result::Result<(u32, u32), String> {
        let begin = self.count(at)?;
        let given = !matches!(self.values.get(at + 1), None | Some(Value::Nil));
        let width = if given { self.count(at + 1)? } else { 1 };
        match (u32::try_from(begin), u32::try_from(width)) {
            (Ok(begin), Ok(width @ 1..=32)) if begin <= 32 - width => {
                Ok((u32::MAX >> (32 - width), begin))
            }
            _ => Err("trying to access non-existent bits".to_owned()),
        }
    }
}

/// A library that is being made.
struct Library<'a> {
    lua: &'a Lua,
    table: Table,
    /// Makes an error of the line that called it of what a function answers.
    wrap: Function,
    /// Whether its numbers have a sign.
    signed: bool,
}

impl<'a> Library<'a> {
    fn new(lua: &'a Lua, signed: bool) -> Result<Self> {
        let wrap = interpreter::chunk(lua, include_str!("../lua/wrap.lua"))?.call(())?;
        Ok(Self { lua, table: lua.create_table()?, wrap, signed })
    }

    fn add<T: mlua::IntoLua>(
        &self,
        name: &'static str,
        work: impl Fn(&Given<'_>) -> std::result::Result<T, String> + 'static,
    ) -> Result<()> {
        let native = move |lua: &Lua, values: Variadic<Value>| -> Result<MultiValue> {
            match work(&Given { lua, name, values: &values }) {
                Ok(value) => (true, value).into_lua_multi(lua),
                Err(message) => (false, message, true).into_lua_multi(lua),
            }
        };
        let native = self.lua.create_function(native)?;
        self.table.raw_set(name, self.wrap.call::<Function>(native)?)
    }

    /// A function that answers bits.
    fn bits(
        &self,
        name: &'static str,
        work: impl Fn(&Given<'_>) -> std::result::Result<u32, String> + 'static,
    ) -> Result<()> {
        let signed = self.signed;
        self.add(name, move |given| {
            let bits = work(given)?;
            Ok(if signed { i64::from(bits.cast_signed()) } else { i64::from(bits) })
        })
    }

    /// `name(bits, count)`.
    fn shift(&self, name: &'static str, by: fn(u32, i64) -> u32) -> Result<()> {
        self.bits(name, move |given| Ok(by(given.bits(0)?, given.count(1)?)))
    }

    /// What both libraries have under the same names.
    fn common(&self) -> Result<()> {
        self.bits("band", |given| Ok(given.all()?.iter().fold(u32::MAX, |a, b| a & b)))?;
        self.bits("bor", |given| Ok(given.all()?.iter().fold(0, |a, b| a | b)))?;
        self.bits("bxor", |given| Ok(given.all()?.iter().fold(0, |a, b| a ^ b)))?;
        self.bits("bnot", |given| Ok(!given.bits(0)?))
    }
}

/// The five low bits of a count, which is what LuaBitOp and rotations look at.
fn low(count: i64) -> u32 {
    u32::try_from(count.rem_euclid(32)).unwrap_or(0)
}

/// As Lua 5.2 shifts: a negative count the other way, and nothing is left of 32 or more.
fn left(bits: u32, count: i64) -> u32 {
    match u32::try_from(count.unsigned_abs()) {
        Ok(by) if count >= 0 => bits.checked_shl(by).unwrap_or(0),
        Ok(by) => bits.checked_shr(by).unwrap_or(0),
        Err(_) => 0,
    }
}

/// The same to the right, where the highest bit stays.
fn arithmetic(bits: u32, count: i64) -> u32 {
    if count < 0 {
        return left(bits, count.saturating_neg());
    }
    let by = u32::try_from(count.min(31)).unwrap_or(31);
    (bits.cast_signed() >> by).cast_unsigned()
}

/// `bit` and `bit32`, into the table of natives.
pub(super) fn add(lua: &Lua, native: &Table) -> Result<()> {
    let bit = Library::new(lua, true)?;
    bit.common()?;
    bit.bits("tobit", |given| given.bits(0))?;
    bit.bits("bswap", |given| Ok(given.bits(0)?.swap_bytes()))?;
    bit.shift("lshift", |bits, count| bits << low(count))?;
    bit.shift("rshift", |bits, count| bits >> low(count))?;
    bit.shift("arshift", |bits, count| arithmetic(bits, i64::from(low(count))))?;
    bit.shift("rol", |bits, count| bits.rotate_left(low(count)))?;
    bit.shift("ror", |bits, count| bits.rotate_right(low(count)))?;
    bit.add("tohex", hexadecimal)?;
    native.raw_set("bit", bit.table)?;
    native.raw_set("bit32", bit32(lua)?)
}

/// The library that Lua 5.2 has of its own.
pub(crate) fn bit32(lua: &Lua) -> Result<Table> {
    let bit32 = Library::new(lua, false)?;
    bit32.common()?;
    bit32.shift("lshift", left)?;
    bit32.shift("rshift", |bits, count| left(bits, count.saturating_neg()))?;
    bit32.shift("arshift", arithmetic)?;
    bit32.shift("lrotate", |bits, count| bits.rotate_left(low(count)))?;
    bit32.shift("rrotate", |bits, count| bits.rotate_right(low(count)))?;
    bit32.add("btest", |given| Ok(given.all()?.iter().fold(u32::MAX, |a, b| a & b) != 0))?;
    bit32.bits("extract", |given| {
        let (ones, begin) = given.field(1)?;
        Ok((given.bits(0)? >> begin) & ones)
    })?;
    bit32.bits("replace", |given| {
        let (bits, value, (ones, begin)) = (given.bits(0)?, given.bits(1)?, given.field(2)?);
        Ok((bits & !(ones << begin)) | ((value & ones) << begin))
    })?;
    Ok(bit32.table)
}

/// `tohex(bits, digits = 8)`: capitals when the number of digits is negative.
fn hexadecimal(given: &Given<'_>) -> std::result::Result<String, String> {
    let text = format!("{:08x}", given.bits(0)?);
    let digits = if given.values.len() > 1 { given.count(1)? } else { 8 };
    let kept = usize::try_from(digits.unsigned_abs()).map_or(8, |kept| kept.min(8));
    let text = text.get(8 - kept..).unwrap_or_default();
    Ok(if digits < 0 { text.to_uppercase() } else { text.to_owned() })
}
