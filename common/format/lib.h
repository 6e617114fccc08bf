/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_LIB_H
#define IQ_FORMAT_LIB_H

/*
 * Libraries for spreadsheets, loaded when the first of them is read or written: linked, they would
 * lengthen every start of the client, and most commands never need them. For this folder and
 * common/report. NULL: not installed. Main thread.
 */

#include <expat.h>
#include <seccomp.h>
#include <sodium.h>
#include <stdio.h>
#include <xlsxwriter.h>
#include <zip.h>

#define IQ_LIB_ZIP(X)                                                                              \
	X(zip_source_buffer_create)                                                                \
	X(zip_source_free)                                                                         \
	X(zip_open_from_source)                                                                    \
	X(zip_discard)                                                                             \
	X(zip_get_num_entries)                                                                     \
	X(zip_stat_index)                                                                          \
	X(zip_fopen_index)                                                                         \
	X(zip_fread)                                                                               \
	X(zip_fclose)                                                                              \
	X(zip_open)                                                                                \
	X(zip_source_file)                                                                         \
	X(zip_file_add)                                                                            \
	X(zip_file_set_mtime)                                                                      \
	X(zip_close)

#define IQ_LIB_XML(X)                                                                              \
	X(XML_ParserCreate)                                                                        \
	X(XML_ParserFree)                                                                          \
	X(XML_SetHashSalt)                                                                         \
	X(XML_SetUserData)                                                                         \
	X(XML_SetElementHandler)                                                                   \
	X(XML_SetCharacterDataHandler)                                                             \
	X(XML_SetStartDoctypeDeclHandler)                                                          \
	X(XML_Parse)                                                                               \
	X(XML_StopParser)

#define IQ_LIB_SECCOMP(X)                                                                          \
	X(seccomp_init)                                                                            \
	X(seccomp_rule_add)                                                                        \
	X(seccomp_load)                                                                            \
	X(seccomp_release)

#define IQ_LIB_SODIUM(X)                                                                           \
	X(sodium_init)                                                                             \
	X(crypto_hash_sha256)

#define IQ_LIB_WRITER(X)                                                                           \
	X(workbook_new_opt)                                                                        \
	X(workbook_set_properties)                                                                 \
	X(workbook_add_worksheet)                                                                  \
	X(workbook_add_format)                                                                     \
	X(workbook_close)                                                                          \
	X(lxw_strerror)                                                                            \
	X(worksheet_write_rich_string)                                                             \
	X(worksheet_write_string)                                                                  \
	X(worksheet_write_blank)                                                                   \
	X(worksheet_set_column)                                                                    \
	X(worksheet_freeze_panes)                                                                  \
	X(worksheet_autofilter)                                                                    \
	X(worksheet_data_validation_range)                                                         \
	X(worksheet_set_landscape)                                                                 \
	X(worksheet_set_paper)                                                                     \
	X(worksheet_repeat_rows)                                                                   \
	X(worksheet_fit_to_pages)                                                                  \
	X(worksheet_hide)                                                                          \
	X(format_set_font_color)                                                                   \
	X(format_set_bold)                                                                         \
	X(format_set_text_wrap)                                                                    \
	X(format_set_align)                                                                        \
	X(format_set_num_format)                                                                   \
	X(format_set_num_format_index)                                                             \
	X(format_set_bg_color)                                                                     \
	X(format_set_border)

#define IQ_LIB_MEMBER(f) __typeof__(f) *f;

struct iq_lib_zip {
	IQ_LIB_ZIP(IQ_LIB_MEMBER)
};
struct iq_lib_xml {
	IQ_LIB_XML(IQ_LIB_MEMBER)
};
struct iq_lib_seccomp {
	IQ_LIB_SECCOMP(IQ_LIB_MEMBER)
};
struct iq_lib_sodium {
	IQ_LIB_SODIUM(IQ_LIB_MEMBER)
};
struct iq_lib_writer {
	IQ_LIB_WRITER(IQ_LIB_MEMBER)
};

const struct iq_lib_zip *iq_lib_zip(void);
const struct iq_lib_xml *iq_lib_xml(void);
const struct iq_lib_seccomp *iq_lib_seccomp(void);
const struct iq_lib_sodium *iq_lib_sodium(void);
const struct iq_lib_writer *iq_lib_writer(void);

#endif
