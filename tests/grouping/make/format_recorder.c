// SPDX-License-Identifier: Apache-2.0
// Loaded into a program with LD_PRELOAD: writes every format string that the program prints with, and what came out,
// to the file named by FORMAT_RECORD, so that the lines of its log can be labelled with the format that made them.
// Each record is FORMAT 0x1f OUTPUT 0x1e.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static __thread int inside;

static void Record(const char* format, va_list arguments) {
  static int file = -1;
  if (inside) return;
  inside = 1;
  static int (*print)(char*, size_t, const char*, va_list);
  if (print == NULL) print = dlsym(RTLD_NEXT, "vsnprintf");
  if (file < 0) {
    const char* path = getenv("FORMAT_RECORD");
    if (path != NULL) file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  }
  if (file >= 0) {
    char text[16384];
    size_t size = strlen(format);
    if (size < 4000) {
      memcpy(text, format, size);
      text[size++] = 0x1f;
      va_list copy;
      va_copy(copy, arguments);
      int made = print(text + size, sizeof text - size - 1, format, copy);
      va_end(copy);
      if (made >= 0) {
        size += (size_t)made < sizeof text - size - 2 ? (size_t)made : sizeof text - size - 2;
        text[size++] = 0x1e;
        if (write(file, text, size) < 0) file = -1;
      }
    }
  }
  inside = 0;
}

#define REAL(name, type)                               \
  static type real;                                    \
  if (real == NULL) real = (type)dlsym(RTLD_NEXT, name); \
  Record(format, list);                                \
  inside++;                                            \
  int result = 0;
#define DONE inside--; return result;

typedef int (*Vsnprintf)(char*, size_t, const char*, va_list);
typedef int (*VsnprintfChk)(char*, size_t, int, size_t, const char*, va_list);
typedef int (*Vfprintf)(FILE*, const char*, va_list);
typedef int (*VfprintfChk)(FILE*, int, const char*, va_list);
typedef int (*Vasprintf)(char**, const char*, va_list);
typedef int (*VasprintfChk)(char**, int, const char*, va_list);
typedef void (*Vsyslog)(int, const char*, va_list);
typedef void (*VsyslogChk)(int, int, const char*, va_list);

int vsnprintf(char* to, size_t size, const char* format, va_list list) { REAL("vsnprintf", Vsnprintf) result = real(to, size, format, list); DONE }
int __vsnprintf_chk(char* to, size_t size, int flag, size_t room, const char* format, va_list list) { REAL("__vsnprintf_chk", VsnprintfChk) result = real(to, size, flag, room, format, list); DONE }
int vfprintf(FILE* to, const char* format, va_list list) { REAL("vfprintf", Vfprintf) result = real(to, format, list); DONE }
int __vfprintf_chk(FILE* to, int flag, const char* format, va_list list) { REAL("__vfprintf_chk", VfprintfChk) result = real(to, flag, format, list); DONE }
int vasprintf(char** to, const char* format, va_list list) { REAL("vasprintf", Vasprintf) result = real(to, format, list); DONE }
int __vasprintf_chk(char** to, int flag, const char* format, va_list list) { REAL("__vasprintf_chk", VasprintfChk) result = real(to, flag, format, list); DONE }
void vsyslog(int priority, const char* format, va_list list) { Record(format, list); static Vsyslog real; if (!real) real = (Vsyslog)dlsym(RTLD_NEXT, "vsyslog"); inside++; real(priority, format, list); inside--; }
void __vsyslog_chk(int priority, int flag, const char* format, va_list list) { Record(format, list); static VsyslogChk real; if (!real) real = (VsyslogChk)dlsym(RTLD_NEXT, "__vsyslog_chk"); inside++; real(priority, flag, format, list); inside--; }
int vprintf(const char* format, va_list list) { return vfprintf(stdout, format, list); }

#define FORWARD(call) va_list list; va_start(list, format); int result = call; va_end(list); return result;
int snprintf(char* to, size_t size, const char* format, ...) { FORWARD(vsnprintf(to, size, format, list)) }
int __snprintf_chk(char* to, size_t size, int flag, size_t room, const char* format, ...) { FORWARD(__vsnprintf_chk(to, size, flag, room, format, list)) }
int fprintf(FILE* to, const char* format, ...) { FORWARD(vfprintf(to, format, list)) }
int __fprintf_chk(FILE* to, int flag, const char* format, ...) { FORWARD(__vfprintf_chk(to, flag, format, list)) }
int printf(const char* format, ...) { FORWARD(vfprintf(stdout, format, list)) }
int __printf_chk(int flag, const char* format, ...) { FORWARD(__vfprintf_chk(stdout, flag, format, list)) }
int asprintf(char** to, const char* format, ...) { FORWARD(vasprintf(to, format, list)) }
int __asprintf_chk(char** to, int flag, const char* format, ...) { FORWARD(__vasprintf_chk(to, flag, format, list)) }
