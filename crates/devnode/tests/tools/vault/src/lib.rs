//! A contract without the SDK: its constructor keeps its argument, any other call returns it.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod program {
    #[link(wasm_import_module = "vm_hooks")]
    extern "C" {
        fn read_args(dest: *mut u8);
        fn write_result(data: *const u8, len: usize);
        fn storage_load_bytes32(key: *const u8, dest: *mut u8);
        fn storage_cache_bytes32(key: *const u8, value: *const u8);
        fn storage_flush_cache(clear: u32);
        fn pay_for_memory_grow(pages: u32);
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo) -> ! {
        core::arch::wasm32::unreachable()
    }

    #[no_mangle]
    pub unsafe extern "C" fn mark_used() {
        pay_for_memory_grow(0);
    }

    #[no_mangle]
    pub unsafe extern "C" fn user_entrypoint(len: usize) -> i32 {
        let (key, mut word) = ([0u8; 32], [0u8; 32]);
        if len == 36 {
            let mut args = [0u8; 36];
            read_args(args.as_mut_ptr());
            storage_cache_bytes32(key.as_ptr(), args.as_ptr().add(4));
            storage_flush_cache(0);
        } else {
            storage_load_bytes32(key.as_ptr(), word.as_mut_ptr());
            write_result(word.as_ptr(), 32);
        }
        0
    }
}
