/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_H
#define IQ_CLIENT_H

/*
 * iqq: one process, one command, one thread. Everything a command needs hangs on
 * `struct iq_cli`; all strings live in its arena until the process ends.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "err.h"
#include "i18n.h"
#include "str.h"

/* Every flag of every command; a flag means the same everywhere (options.c). */
enum iq_opt {
	IQ_OPT_NONE,
	/* global */
	IQ_OPT_PROFILE,
	IQ_OPT_SERVER,
	IQ_OPT_JSON,
	IQ_OPT_CSV,
	IQ_OPT_LANG,
	IQ_OPT_COLOR,
	IQ_OPT_NO_PAGER,
	IQ_OPT_NO_INPUT,
	IQ_OPT_DRY_RUN,
	IQ_OPT_YES,
	IQ_OPT_REASON,
	IQ_OPT_LIMIT,
	IQ_OPT_TIMEOUT,
	IQ_OPT_QUIET,
	IQ_OPT_VERBOSE,
	IQ_OPT_HELP,
	IQ_OPT_VERSION,
	IQ_OPT_GLOBAL_END, /* not a flag */
	/* of commands */
	IQ_OPT_TASK,
	IQ_OPT_REGION,
	IQ_OPT_STATUS,
	IQ_OPT_FACT,
	IQ_OPT_AT,
	IQ_OPT_KNOWN_AT,
	IQ_OPT_CERTAIN,
	IQ_OPT_NO_SUBTASKS,
	IQ_OPT_ROLE,
	IQ_OPT_ALL,
	IQ_OPT_EXPLAIN,
	IQ_OPT_CONTACTS,
	IQ_OPT_INSTITUTION,
	IQ_OPT_KIND,
	IQ_OPT_VISIBILITY,
	IQ_OPT_EFFECT,
	IQ_OPT_PARENT,
	IQ_OPT_MONTHS,
	IQ_OPT_WHY,
	IQ_OPT_TOKEN,
	IQ_OPT_TOKEN_FILE,
	IQ_OPT_DIR,
	IQ_OPT_KEEP_GOING,
	IQ_OPT_REJECTS,
	IQ_OPT_ORIGIN,
	IQ_OPT_PRINCIPAL,
	IQ_OPT_SUBJECT,
	IQ_OPT_SINCE,
	IQ_OPT_UNTIL,
	IQ_OPT_MARKDOWN,
	IQ_OPT_FROM,
	IQ_OPT_TO,
	IQ_OPT_HOURS,
	IQ_OPT_GRANT,
	IQ_OPT_CERTIFICATES,
	IQ_OPT_REJECT,
	IQ_OPT_DONE,
	IQ_OPT_BASE,
	IQ_OPT_MERGE,
	IQ_OPT_ON,
	IQ_OPT_CANCEL,
	IQ_OPT_MAP,
	IQ_OPT_OUTPUT,
	IQ_OPT_FOR_EXCEL,
	IQ_OPT_ENCODING,
	IQ_OPT_FULL,
	IQ_OPT_DELTA,
	IQ_OPT_ALLOW_DELETES,
	IQ_OPT_MIRROR,
	IQ_OPT_EXEC,
	IQ_OPT_STATE,
	IQ_OPT_WHO,
	IQ_OPT_EDITION,
	IQ_OPT_RECIPIENT,
	IQ_OPT_WHOLE,
	IQ_OPT_PARTS,
	IQ_OPT_NEAR,
	IQ_OPT_FROM_TASK,
	IQ_OPT_TO_TASK,
	IQ_OPT_WORKSHOP,
	IQ_OPT_ID,
	IQ_OPT_TOPIC,
	IQ_OPT_ENGLISH,
	IQ_OPT_CHANGE,
	IQ_OPT_DEADLINE,
	IQ_OPT_MAJORITY,
	IQ_OPT_QUORUM,
	IQ_OPT_NOTE,
	IQ_OPT_ON_DAY,
	IQ_OPT_FROM_TIME,
	IQ_OPT_TO_TIME,
	IQ_OPT_NAME,
	IQ_OPT_PLACE,
	IQ_OPT_LINK,
	IQ_OPT_AGENDA,
	IQ_OPT_REPEAT,
	IQ_OPT_SUGGEST,
	IQ_OPT_INVITATION,
	IQ_OPT_ICS,
	IQ_OPT_VCARD,
	IQ_OPT_LAST_DAY,
	IQ_OPT_ORGANISER,
	IQ_OPT_GOALS,
	IQ_OPT_SIZE,
	IQ_OPT_GUEST,
	IQ_OPT_NO_VOTE,
	IQ_OPT_REPRESENTATIVE,
	IQ_OPT_DEPUTY,
	IQ_OPT_ALSO,
	IQ_OPT_TEXT,
	IQ_OPT_LESSON,
	IQ_OPT_PROPOSAL,
	IQ_OPT_DUE,
	IQ_OPT_EVIDENCE,
	IQ_OPT_DROPPED,
	IQ_OPT_WITHIN,
	IQ_OPT_FOR,
	IQ_OPTS
};

struct iq_option {
	const char *name;
	char letter;     /* short form, 0: none */
	const char *arg; /* placeholder of the value, msgid; NULL: takes none */
	bool optional;   /* --json[=FIELDS] */
	const char *help;
};
extern const struct iq_option iq_options[IQ_OPTS];

struct iq_cli;

struct iq_example {
	const char *line;
	const char *what; /* msgid */
};

enum iq_group {
	IQ_GROUP_ASK,
	IQ_GROUP_KEEP,
	IQ_GROUP_CIRCLE,
	IQ_GROUP_BUNDLE,
	IQ_GROUP_RIGHTS,
	IQ_GROUP_SELF,
	IQ_GROUPS
};

struct iq_command {
	const char *name, *alias; /* alias: German, or NULL */
	enum iq_group group;
	const char *summary;               /* msgid, one line */
	const char *usage;                 /* what follows the name, msgid */
	const char *text;                  /* msgid, some lines, or NULL */
	const struct iq_example *examples; /* ended by line == NULL */
	const uint8_t *options;            /* enum iq_opt, ended by IQ_OPT_NONE; NULL: none */
	uint8_t min, max;                  /* positional words */
	const char *words;                 /* "kind", "command", … for completion, or NULL */
	/*
	 * IQ_OK, or the code that decides the exit status; cli->error holds what to say, if
	 * anything is to be said.
	 */
	enum iq_err (*run)(struct iq_cli *cli);
};
extern const struct iq_command iq_commands[]; /* ended by name == NULL */

const struct iq_command *iq_command_find(const char *word);

enum iq_format { IQ_FORMAT_TABLE, IQ_FORMAT_TSV, IQ_FORMAT_CSV, IQ_FORMAT_JSON };

struct iq_opt_values {
	const char **v;
	size_t n;
};

/* A line of the configuration file. */
struct iq_setting {
	const char *section; /* "": before the first section */
	const char *key, *value;
};

struct iq_config {
	const char *path; /* NULL: no home */
	struct iq_setting *settings;
	size_t n;
};

struct iq_cli {
	struct iq_arena arena;
	struct iq_error error;
	int argc;
	char **argv; /* as typed */
	const struct iq_command *command;
	struct iq_opt_values opt[IQ_OPTS];
	const char **arg; /* positional words */
	size_t nargs;
	struct iq_config config;
	enum iq_lang lang;
	enum iq_format format;
	bool tty_in, tty_out, tty_err, colour;
	unsigned width, height; /* of the terminal */
	struct iq_buf out;      /* standard output, written at the end */
	bool keep_out;          /* write it although there is an error */
};

/* ---- options.c ---------------------------------------------------------------------------- */

/* Reads the command line into cli; errors: IQ_ERR_USAGE. */
IQ_CHECK enum iq_err iq_options_parse(struct iq_cli *cli);
/* Value of --lang anywhere on the command line, before it is understood. */
const char *iq_options_lang(int argc, char **argv);
/* Last value ("" for flags without one), NULL if not given. */
const char *iq_opt(const struct iq_cli *cli, enum iq_opt opt);
bool iq_opt_given(const struct iq_cli *cli, enum iq_opt opt);
/* Value as iq_str, empty if not given. */
char *iq_opt_text(const struct iq_cli *cli, enum iq_opt opt);
/* A number from 1; 0 if not given. Sets cli->error. */
IQ_CHECK enum iq_err iq_opt_number(struct iq_cli *cli, enum iq_opt opt, uint32_t *out);

/* ---- help.c ------------------------------------------------------------------------------- */

void iq_help_all(struct iq_cli *cli);
void iq_help_command(struct iq_cli *cli, const struct iq_command *command);
void iq_help_exit_codes(struct iq_cli *cli);
/* Each exit status and its meaning; `rest` is empty. */
void iq_help_each_exit_code(struct iq_cli *cli,
	void (*fn)(struct iq_cli *cli, const char *status, const char *rest, const char *text));
/* iqq(1) as scdoc source. */
void iq_help_manual(struct iq_cli *cli);

/* ---- error.c ------------------------------------------------------------------------------ */

/* Says cli->error on standard error, and as JSON on standard output if that was asked for. */
void iq_error_say(struct iq_cli *cli);
/* The command line as typed, quoted for a shell, with the term of `c` replaced by its id. */
const char *iq_retry_line(struct iq_cli *cli, const struct iq_candidate *c);
/* The nearest of `n` words, or NULL. */
const char *iq_nearest(struct iq_cli *cli, const char *word, const char *const *words, size_t n);

/* ---- screen.c ----------------------------------------------------------------------------- */

void iq_screen_init(struct iq_cli *cli);
/* Writes cli->out to standard output, through the pager if that helps. False: it failed. */
bool iq_screen_flush(struct iq_cli *cli);
/* A message on standard error, with newline; not with -q. */
void iq_note(struct iq_cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void iq_warn(struct iq_cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum iq_style {
	IQ_STYLE_NONE,
	IQ_STYLE_BOLD,
	IQ_STYLE_DIM,
	IQ_STYLE_RED,
	IQ_STYLE_YELLOW,
	IQ_STYLE_GREEN
};
/* Escape sequence, "" without colours. */
const char *iq_style(const struct iq_cli *cli, enum iq_style style);

/* Text from the server made safe for a terminal or a line of output. */
struct iq_str iq_safe(struct iq_cli *cli, struct iq_str s);
static inline struct iq_str iq_safe_c(struct iq_cli *cli, const char *c)
{
	return iq_safe(cli, iq_str(c));
}
/* Columns that s takes on a terminal. */
unsigned iq_width(struct iq_str s);
/* s broken into lines of at most `width` columns, at spaces where possible. */
struct iq_str iq_wrap(struct iq_cli *cli, struct iq_str s, unsigned width);
/* A wrapped paragraph: `first` before the first line, blanks of its width before the others. */
void iq_paragraph(struct iq_cli *cli, enum iq_style style, const char *first, struct iq_str text);
/* "label   value" lines; the value wraps; nothing if it is empty. */
void iq_field(struct iq_cli *cli, unsigned label_width, const char *label, struct iq_str value);
void iq_say(struct iq_cli *cli, enum iq_style style, struct iq_str s);

/* Asks on the terminal; false if the answer is no, or there is nobody to ask. */
bool iq_can_ask(const struct iq_cli *cli);
bool iq_confirm(struct iq_cli *cli, const char *question);
/* Reads a line (without newline) from standard input; NULL at the end of input. */
char *iq_read_line(struct iq_cli *cli, const char *prompt, bool secret);

/* ---- table.c ------------------------------------------------------------------------------ */

enum iq_cell {
	IQ_CELL_TEXT,
	IQ_CELL_NUMBER,
	IQ_CELL_BOOL, /* "yes" or "" */
	IQ_CELL_DATE, /* JSON: null if empty */
	IQ_CELL_NULL, /* JSON: text, null if empty */
	IQ_CELL_SET   /* joined by ';' */
};

struct iq_col {
	const char *key;  /* JSON key, CSV header */
	const char *head; /* msgid; NULL: not shown on a terminal */
	enum iq_cell type;
	bool nowrap; /* phones, ids, dates */
};

struct iq_table {
	struct iq_cli *cli;
	const struct iq_col *cols;
	size_t ncols;
	struct iq_str *cells; /* ncols per row */
	size_t nrows, cap;
};

void iq_table_init(struct iq_table *t, struct iq_cli *cli, const struct iq_col *cols, size_t ncols);
/* Cells are borrowed. */
void iq_table_add(struct iq_table *t, const struct iq_str *cells);
/* Puts the table on cli->out in the format asked for. JSON: the object around it, too. */
enum iq_err iq_table_finish(struct iq_table *t, uint64_t revision, uint64_t total);
/* Terminal only: the text of each row (its lines joined by newlines), without heading. */
struct iq_str *iq_table_lines(struct iq_table *t, unsigned indent);

/* ---- words.c ------------------------------------------------------------------------------ */

/* Words for codes, translated; the code itself if there is none. */
const char *iq_word_role(const char *role);
const char *iq_word_effect(const char *effect);
const char *iq_word_course(const char *access); /* of a residence status to courses */
const char *iq_word_visibility(const char *visibility);
const char *iq_word_kind(const char *kind);     /* "task" → "task", "Aufgabe" */
const char *iq_word_column(const char *name);   /* columns of records */
const char *iq_word_process(const char *state); /* of topics, meetings, proposals, commitments */
/* "2026-03-01" → "01.03.2026" in German, unchanged in English. */
struct iq_str iq_word_date(struct iq_cli *cli, const char *iso);
/* Microseconds since 1970: on a terminal local time as people write it, else ISO 8601 in UTC. */
const char *iq_word_time(struct iq_cli *cli, uint64_t us);
/* The same for people, whatever the output is. */
const char *iq_word_moment(struct iq_cli *cli, uint64_t us);
/* What was done with a record, and the purposes of looking at a person: the code if unknown. */
const char *iq_word_operation(const char *operation);
const char *iq_word_purpose(const char *purpose);
/* Kind by name, plural or German name; sets cli->error. */
IQ_CHECK enum iq_err iq_word_to_kind(struct iq_cli *cli, const char *word, int *kind);

/* ---- profile.c ---------------------------------------------------------------------------- */

/* Reads the configuration file, if there is one. */
void iq_config_load(struct iq_cli *cli);
/* NULL if not set. */
const char *iq_config_get(const struct iq_cli *cli, const char *section, const char *key);
/* Changes one setting (value NULL: removes it; key NULL: removes the section) in the file. */
IQ_CHECK enum iq_err iq_config_set(
	struct iq_cli *cli, const char *section, const char *key, const char *value);

enum iq_origin { IQ_FROM_DEFAULT, IQ_FROM_CONFIG, IQ_FROM_ENV, IQ_FROM_FLAG };
/* Effective value of "profile", "server", "lang", "pager", "timeout", "color"; NULL: none. */
const char *iq_setting_get(struct iq_cli *cli, const char *name, enum iq_origin *origin);

/* Folders; NULL without a home directory. */
const char *iq_path_data(struct iq_cli *cli, const char *profile);
const char *iq_path_cache(struct iq_cli *cli, const char *profile);
/* Of the profile in use: what is remembered from one call to the next. */
const char *iq_path_state(struct iq_cli *cli);
bool iq_profile_name_valid(const char *name);
/* mkdir -p with mode 0700. */
IQ_CHECK enum iq_err iq_make_dirs(struct iq_cli *cli, const char *path);
/* "host", "host:port", "[v6]:port" */
IQ_CHECK enum iq_err iq_parse_address(
	struct iq_cli *cli, const char *text, char host[254], uint16_t *port);
/* Whole file into the arena (NUL-terminated); false and errno if it cannot be read. */
bool iq_read_file(struct iq_cli *cli, const char *path, struct iq_str *out);
/* Writes through a temporary file and rename, mode 0600. */
IQ_CHECK enum iq_err iq_write_file(struct iq_cli *cli, const char *path, struct iq_str content);

#endif
