# SPDX-License-Identifier: Apache-2.0
# iq_library(NAME <target> LINK <targets…> [PRIVATE <libraries…>])
#
# Makes one static library of all .c files of the current folder. The folder's headers are
# visible to those who link it. tests/lint/deps.py knows the floors and checks the includes.
function(iq_library)
	cmake_parse_arguments(A "" "NAME" "LINK;PRIVATE" ${ARGN})
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
	add_library(${A_NAME} STATIC ${sources})
	target_include_directories(${A_NAME} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
	target_link_libraries(${A_NAME} PUBLIC ${A_LINK} PRIVATE iq_flags ${A_PRIVATE})
endfunction()
