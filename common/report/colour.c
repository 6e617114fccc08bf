/* SPDX-License-Identifier: Apache-2.0 */
/* Colours of target groups. What is written on them is white or black, whichever stands out
 * more (WCAG 2.1, 1.4.3: at least 4.5). */
#include <math.h>

#include "report_priv.h"

enum { WHITE = 0xffffff, BLACK = 0x000000 };

static const struct {
	const char *name;
	uint32_t back;
	unsigned ansi;
} palette[] = {
	{"blue", 0x0b5394, 25},
	{"yellow", 0xffd24d, 221},
	{"purple", 0x7a1f5c, 90},
	{"orange", 0xf28c28, 208},
	{"teal", 0x0f6f6f, 30},
	{"red", 0xb3261e, 124},
	{"green", 0x2c6e35, 28},
	{"brown", 0x6d4c41, 94},
	{"pink", 0xf4a6c0, 218},
	{"black", 0x1a1a1a, 235},
	{"grey", 0x5f6368, 241},
};

/* The light of one channel, 0 … 1. */
static double channel(uint32_t value)
{
	double c = (value & 0xff) / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double light(uint32_t rgb)
{
	return 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8) + 0.0722 * channel(rgb);
}

double iq_report_contrast(uint32_t a, uint32_t b)
{
	double x = light(a), y = light(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* The same colour, darker, until it can be read on white. */
static uint32_t ink_of(uint32_t rgb)
{
	while (iq_report_contrast(rgb, WHITE) < 4.6)
		rgb = (rgb >> 16 & 0xff) * 15 / 16 << 16 | (rgb >> 8 & 0xff) * 15 / 16 << 8 |
		      (rgb & 0xff) * 15 / 16;
	return rgb;
}

static struct iq_report_colour colour_of(uint32_t back, unsigned ansi)
{
	bool white = iq_report_contrast(back, WHITE) >= iq_report_contrast(back, BLACK);

	return (struct iq_report_colour){back, white ? WHITE : BLACK, ink_of(back), ansi};
}

static bool hexadecimal(struct iq_str s, uint32_t *rgb)
{
	*rgb = 0;
	if (s.n != 7 || s.p[0] != '#')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return false;
		*rgb = *rgb << 4 | (uint32_t)digit;
	}
	return true;
}

struct iq_report_colour iq_report_colour(struct iq_str name)
{
	size_t last = sizeof(palette) / sizeof(palette[0]) - 1;
	uint32_t rgb;

	if (hexadecimal(name, &rgb)) /* the nearest of the colour cube */
		return colour_of(rgb, 16 + 36 * ((rgb >> 16 & 0xff) / 51) +
					      6 * ((rgb >> 8 & 0xff) / 51) + (rgb & 0xff) / 51);
	for (size_t i = 0; i < last; i++)
		if (iq_str_is(name, palette[i].name))
			return colour_of(palette[i].back, palette[i].ansi);
	return colour_of(palette[last].back, palette[last].ansi);
}
