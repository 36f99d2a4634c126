//! Digests and base64, of bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use md5::{Digest, Md5};
use mlua::{Lua, LuaString, Table};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// Reads base64 with and without `=` at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// `md5`, `sha1` … as `digest(text)` and `hmac_…(key, text)`; `base64`, `unbase64`; `hex`.
pub(super) fn add(lua: &Lua, native: &Table) -> mlua::Result<()> {
    digest::<Md5>(lua, native, "md5", 64)?;
    digest::<Sha1>(lua, native, "sha1", 64)?;
    digest::<Sha224>(lua, native, "sha224", 64)?;
    digest::<Sha256>(lua, native, "sha256", 64)?;
    digest::<Sha384>(lua, native, "sha384", 128)?;
    digest::<Sha512>(lua, native, "sha512", 128)?;
    native.raw_set(
        "base64",
        lua.create_function(|_, text: LuaString| Ok(STANDARD.encode(text.as_bytes())))?,
    )?;
    // Nil when it is not base64. White space in it does not count.
    native.raw_set(
        "unbase64",
        lua.create_function(|lua, text: LuaString| {
            let code: Vec<u8> = text
                .as_bytes()
                .iter()
                .copied()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            LENIENT.decode(code).ok().map(|data| lua.create_string(data)).transpose()
        })?,
    )?;
    native.raw_set(
        "hex",
        lua.create_function(|_, data: LuaString| Ok(ringfence_text::hex(&data.as_bytes())))?,
    )
}

fn digest<D: Digest>(
    lua: &Lua,
    native: &Table,
    name: &'static str,
    block: usize,
) -> mlua::Result<()> {
    native.raw_set(
        name,
        lua.create_function(|lua, text: LuaString| lua.create_string(D::digest(text.as_bytes())))?,
    )?;
    native.raw_set(
        format!("hmac_{name}"),
        lua.create_function(move |lua, (key, text): (LuaString, LuaString)| {
            lua.create_string(hmac::<D>(block, &key.as_bytes(), &text.as_bytes()))
        })?,
    )
}

/// RFC 2104; `block` is the digest's block in bytes.
fn hmac<D: Digest>(block: usize, key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut padded = if key.len() > block { D::digest(key).to_vec() } else { key.to_vec() };
    padded.resize(block, 0);
    let with = |pad: u8| padded.iter().map(move |byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = D::new().chain_update(with(0x36)).chain_update(text).finalize();
    D::new().chain_update(with(0x5C)).chain_update(inner).finalize().to_vec()
}
