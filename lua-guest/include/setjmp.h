/* setjmp for wasm: clang lowers the calls with -mllvm -wasm-enable-sjlj; see ../c/longjmp.c.
 * wasi-libc 2022, which Debian 12 ships, has no such header. The buffer holds five words. */
#ifndef _SETJMP_H
#define _SETJMP_H

typedef unsigned long jmp_buf[1][8];

int setjmp(jmp_buf) __attribute__((__returns_twice__));
int _setjmp(jmp_buf) __attribute__((__returns_twice__));
_Noreturn void longjmp(jmp_buf, int);
_Noreturn void _longjmp(jmp_buf, int);

#define setjmp setjmp

#endif
