//! How many files a guest has open through WASI.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::filesystem::WasiFilesystemView;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, Host, HostDescriptor, OpenFlags, PathFlags,
};

use crate::handles::Handle;
use crate::state::State;

/// WASI's interface of files, in the version that wasmtime offers; a test fails when that changes.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// What `open-at` is given.
type OpenAt = (Resource<Descriptor>, PathFlags, String, OpenFlags, DescriptorFlags);

/// Puts the account of open files before WASI's own functions.
///
/// A guest that may open no more is told `insufficient-memory`: WASI 0.2 has no error for too many
/// open files.
pub(crate) fn limit<T: Send + 'static>(linker: &mut Linker<State<T>>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async("[method]descriptor.open-at", |store, given: OpenAt| {
        Box::new(async move { open_at(store, given).await })
    })?;
    types.resource("descriptor", ResourceType::host::<Descriptor>(), |mut store, rep| {
        let state = store.data_mut();
        state.files.remove(&rep);
        HostDescriptor::drop(&mut state.filesystem(), Resource::new_own(rep))
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn open_at<T: Send + 'static>(
    mut store: StoreContextMut<'_, State<T>>,
    (folder, path_flags, path, open_flags, flags): OpenAt,
) -> wasmtime::Result<(Result<Resource<Descriptor>, ErrorCode>,)> {
    let state = store.data_mut();
    let Ok(open) = state.job.open(Handle::File) else {
        return Ok((Err(ErrorCode::InsufficientMemory),));
    };
    let mut files = state.filesystem();
    match files.open_at(folder, path_flags, path, open_flags, flags).await {
        Ok(file) => {
            state.files.insert(file.rep(), open);
            Ok((Ok(file),))
        }
        Err(error) => Ok((Err(files.convert_error_code(error)?),)),
    }
}
