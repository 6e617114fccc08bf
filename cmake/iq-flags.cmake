# SPDX-License-Identifier: Apache-2.0
# Language, warnings, hardening; IQ_SANITIZE and IQ_FUZZ come from CMakePresets.json.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # _GNU_SOURCE interfaces of glibc
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")

set(IQ_SANITIZE "" CACHE STRING "sanitizers, comma-separated: address,undefined or thread")
option(IQ_FUZZ "build fuzz targets with libFuzzer (clang)" OFF)
option(IQ_COVERAGE "instrument for coverage" OFF)
option(IQ_WERROR "warnings are errors" OFF)

add_library(iq_flags INTERFACE)
target_compile_definitions(iq_flags INTERFACE _GNU_SOURCE IQ_VERSION="${PROJECT_VERSION}"
	IQ_LOCALEDIR="${CMAKE_INSTALL_FULL_LOCALEDIR}")
target_compile_options(iq_flags INTERFACE
	-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wswitch-enum -Wvla -Wformat=2 -Wpointer-arith -Wundef
	-fno-common -fstack-protector-strong)
if(IQ_WERROR)
	target_compile_options(iq_flags INTERFACE -Werror)
endif()
if(IQ_SANITIZE)
	add_compile_options(-fsanitize=${IQ_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
	add_link_options(-fsanitize=${IQ_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
	target_compile_definitions(iq_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(IQ_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(IQ_COVERAGE)
	add_compile_options(--coverage -O0 -fprofile-update=atomic) # see tools/coverage
	add_link_options(--coverage)
endif()
include(CheckPIESupported)
check_pie_supported()
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
