//! Statements with values.
//!
//! The client's library takes columns in PostgreSQL's binary form, which is another one for every
//! type. So the statement is prepared; where columns have types of which we do not read the binary
//! form, it is prepared once more with those columns cast to text around it, in the words of PostgreSQL
//! itself. (An `inet` shows its mask then, also where `psql` leaves it out.)

use std::error::Error as StdError;
use std::fmt;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, Row as Received};

use super::placeholder;
use super::statement::{Rows, failed, names};
use crate::failure::Failure;
use crate::value::{Cell, MAX_ROW, Row, Value};

/// Types whose binary form is read here.
const READ: [Type; 13] = [
    Type::BOOL,
    Type::INT2,
    Type::INT4,
    Type::INT8,
    Type::OID,
    Type::TEXT,
    Type::VARCHAR,
    Type::BPCHAR,
    Type::NAME,
    Type::UNKNOWN,
    Type::JSON,
    Type::XML,
    Type::CHAR,
];

/// Runs a statement with its values.
pub(super) async fn start(client: &Client, sql: &str, values: &[Value]) -> Result<Rows, Failure> {
    let sql = placeholder::numbered(sql, values.len());
    let mut prepared = client.prepare(&sql).await.map_err(|error| failed(&error))?;
    let wanted = prepared.params().len();
    if wanted != values.len() {
        return Err(Failure::Statement(format!(
            "the statement takes {wanted} values, {} were given",
            values.len()
        )));
    }
    let columns = names(prepared.columns());
    if !prepared.columns().iter().all(|column| READ.contains(column.type_())) {
        let types: Vec<_> = prepared.columns().iter().map(|column| column.type_()).collect();
        let around = as_text(&sql, &types);
        prepared = client.prepare(&around).await.map_err(|error| failed(&error))?;
    }
    let given = values.iter().map(Given);
    let stream = client.query_raw(&prepared, given).await.map_err(|error| failed(&error))?;
    Ok(Rows::bound(stream, columns))
}

/// The same rows, with the columns of other types as text.
fn as_text(sql: &str, types: &[&Type]) -> String {
    let name = |number: usize| format!("c{number}");
    let named: Vec<_> = (0..types.len()).map(name).collect();
    let cast = types.iter().enumerate().map(|(number, kind)| {
        if READ.contains(kind) { name(number) } else { format!("{}::text", name(number)) }
    });
    // On lines of its own, so that a comment at the end of the statement ends there.
    format!(
        "WITH answer({}) AS (\n{}\n) SELECT {} FROM answer",
        named.join(", "),
        sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace()),
        cast.collect::<Vec<_>>().join(", ")
    )
}

/// A value, sent as the text of whatever type its place has.
struct Given<'a>(&'a Value);

impl fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ToSql for Given<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Real(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Text(text) => out.extend_from_slice(&ringfence_text::encode(text)),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    fn to_sql_checked(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(kind, out)
    }
}

/// A column's bytes.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A row of a prepared statement as text.
pub(super) fn cells(row: &Received) -> Result<Row, Failure> {
    let mut cells = Vec::with_capacity(row.len());
    let mut size = 0;
    for (index, column) in row.columns().iter().enumerate() {
        let raw: Option<Raw<'_>> = row.try_get(index).map_err(|error| failed(&error))?;
        size += raw.as_ref().map_or(0, |raw| raw.0.len());
        if size > MAX_ROW {
            return Err(Failure::large_row());
        }
        cells.push(raw.map_or(Cell::Null, |Raw(bytes)| Cell::Text(text(column.type_(), bytes))));
    }
    Ok(cells)
}

/// As `psql` shows it.
fn text(kind: &Type, bytes: &[u8]) -> String {
    match (kind, bytes) {
        (&Type::BOOL, [flag]) => if *flag == 0 { "f" } else { "t" }.to_owned(),
        (&Type::INT2, &[a, b]) => i16::from_be_bytes([a, b]).to_string(),
        (&Type::INT4, &[a, b, c, d]) => i32::from_be_bytes([a, b, c, d]).to_string(),
        (&Type::OID, &[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]).to_string(),
        (&Type::INT8, bytes) if bytes.len() == 8 => {
            let mut all = [0; 8];
            all.copy_from_slice(bytes);
            i64::from_be_bytes(all).to_string()
        }
        (_, bytes) => ringfence_text::decode(bytes).into_owned(),
    }
}
