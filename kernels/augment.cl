// The batch of a step as gather.cl makes it, of changed pictures: nnstudio/engine/augmentation.py says what may happen to
// them. Samples lie as [sample][channel][row][column], as SAMPLE (uchar means value / 255, or float). A work-item: a row
// of all channels of one vector of images. What happens to an image is drawn anew for each row, which costs little.
//
// WARPED: pixels come from between pixels; else they are only moved. With ELASTIC, ERASED and NOISY the source has these
// too. The ranges themselves are arguments, since they may change from step to step.

#define SHIFT ((int)ranges.s0)
#define ROTATE ranges.s1    // radians
#define SCALE ranges.s2
#define SHEAR ranges.s3     // radians
#define PULL ranges.s4      // elastic displacement, pixels
#define DEVIATION ranges.s5 // of the noise
#define MOST_ROWS ((uint)ranges.s6)    // of an erased rectangle
#define MOST_COLUMNS ((uint)ranges.s7)
#define FLIP_Y (ranges.s8 != 0)
#define FLIP_X (ranges.s9 != 0)

#define HALF 0x80000000u
#define DOWN (HEIGHT > 1 ? WIDTH : 0)
#define RIGHT (WIDTH > 1 ? 1 : 0)
#define FEATURES (CHANNELS * HEIGHT * WIDTH)

#if VECTOR == 1
#define VALUES_TO_FLOATV(values) convert_float((values)[0])
#else
#define VALUES_TO_FLOATV(values) to_floatv(VECTOR_OF(vload)(0, values))
#endif

// Quantity q of each image, drawn with the key of all quantities.
#define DRAWN(q) mix(mix(quantities + q) ^ key)

// Values at the same place of each image.
#define SAMPLES(name, offset)                      \
    SAMPLE name##_values[VECTOR];                  \
    UNROLL for (int i = 0; i < VECTOR; i++)        \
        name##_values[i] = rows[i][place.each[i] + (offset)]; \
    const floatv name = VALUES_TO_FLOATV(name##_values);

// How much a cell at a distance counts in linear interpolation.
INLINE floatv NAME(nearness)(floatv distance)
{
    return max(1 - fabs(distance), ZERO);
}

#if ELASTIC
// How much the four control points around a pixel pull at it: a uniform cubic B-spline, t from one point to the next.
INLINE float4 NAME(spline)(int pixel)
{
    const float t = (pixel % SPACING) / (float)SPACING, s = 1 - t;
    return (float4)(s * s * s, (3 * t - 6) * t * t + 4, ((3 - 3 * t) * t + 3) * t + 1, t * t * t) / 6;
}

// The pull of a column of control points at a pixel row, along one axis; `points` is the number of its topmost.
INLINE floatv NAME(column)(uintv points, float4 pulls, uint key)
{
    return pulls.x * symmetric(mix(mix(points) ^ key)) + pulls.y * symmetric(mix(mix(points + POINTS_ACROSS) ^ key))
        + pulls.z * symmetric(mix(mix(points + 2 * POINTS_ACROSS) ^ key))
        + pulls.w * symmetric(mix(mix(points + 3 * POINTS_ACROSS) ^ key));
}

INLINE floatv NAME(between)(const floatv *columns, float4 pulls)
{
    return pulls.x * columns[0] + pulls.y * columns[1] + pulls.z * columns[2] + pulls.w * columns[3];
}
#endif

TASK(gather)(AT, global const SAMPLE *restrict samples, global const int *restrict sample_labels,
             global const int *restrict order, global float *restrict inputs, global int *restrict labels, uint seed,
             float16 ranges, Step step)
{
    const int image = block * BLOCK + lane * VECTOR, y = tile;
    global const SAMPLE *rows[VECTOR];
    Ints present;
    UNROLL for (int i = 0; i < VECTOR; i++) {
        const int exists = image + i < (int)COUNT(step);
        const int sample = exists ? order[FIRST(step) + image + i] : 0;
        rows[i] = samples + (size_t)sample * FEATURES;
        present.each[i] = exists ? -1 : 0;
        if (y == 0)
            labels[image + i] = exists ? sample_labels[sample] : -1;
    }

    const uint key = random_stream(seed, NUMBER(step), OP_QUANTITIES);
    const uintv images = image_numbers(block, lane), quantities = images * QUANTITIES;
    const intv mirror_y = DRAWN(MIRROR_Y) < (uintv)(FLIP_Y ? HALF : 0);
    const intv mirror_x = DRAWN(MIRROR_X) < (uintv)(FLIP_X ? HALF : 0);
    const intv shift_y = whole(DRAWN(SHIFT_Y), (uintv)(2 * SHIFT + 1)) - SHIFT;
    const intv shift_x = whole(DRAWN(SHIFT_X), (uintv)(2 * SHIFT + 1)) - SHIFT;

#if WARPED
    // (y, x) of the source: A (pixel - middle) + centre.
    const floatv angle = ROTATE * symmetric(DRAWN(ANGLE)), slope = tan(SHEAR * symmetric(DRAWN(SLOPE)));
    const floatv factor = 1 / (1 + SCALE * symmetric(DRAWN(FACTOR)));
    const floatv factor_y = select(factor, -factor, mirror_y), factor_x = select(factor, -factor, mirror_x);
    const floatv cosine = cos(angle), sine = sin(angle);
    const floatv yy = factor_y * cosine, yx = -factor_y * sine;
    const floatv xy = factor_x * (sine - slope * cosine), xx = factor_x * (cosine + slope * sine);
    const float centre_y = (HEIGHT - 1) * 0.5f, centre_x = (WIDTH - 1) * 0.5f;
    const floatv middle_y = to_floatv(shift_y) + centre_y, middle_x = to_floatv(shift_x) + centre_x;
#else
    const intv moved_y = y - shift_y, from_y = select(moved_y, HEIGHT - 1 - moved_y, mirror_y);
    const intv row = clamp(from_y, 0, HEIGHT - 1) * WIDTH, in_row = (from_y >= 0) & (from_y < HEIGHT) & present.all;
#endif

#if ELASTIC
    const uint pull_key = random_stream(seed, NUMBER(step), OP_ELASTIC);
    const float4 pulls_y = NAME(spline)(y);
    floatv columns_y[POINTS_ACROSS], columns_x[POINTS_ACROSS];
    for (int k = 0; k < POINTS_ACROSS; k++) {
        const uintv points = images * (2 * POINTS_DOWN * POINTS_ACROSS) + (y / SPACING * POINTS_ACROSS + k);
        columns_y[k] = PULL * NAME(column)(points, pulls_y, pull_key);
        columns_x[k] = PULL * NAME(column)(points + POINTS_DOWN * POINTS_ACROSS, pulls_y, pull_key);
    }
#endif

#if ERASED
    const uintv tall = to_uintv(whole(DRAWN(TALL), (uintv)MOST_ROWS)) + 1;
    const uintv wide = to_uintv(whole(DRAWN(WIDE), (uintv)MOST_COLUMNS)) + 1;
    const intv top = whole(DRAWN(TOP), HEIGHT - tall + 1), left = whole(DRAWN(LEFT), WIDTH - wide + 1);
    const intv right = left + to_intv(wide);
    const intv blank = (DRAWN(BLANK) < HALF) & (y >= top) & (y < top + to_intv(tall));
#endif

#if NOISY
    const uint first_key = random_stream(seed, NUMBER(step), OP_NOISE);
    const uint second_key = random_stream(seed, NUMBER(step), OP_NOISE + 1);
#endif

    global float *X = inputs + at(FEATURES, block, lane) + y * WIDTH * BLOCK;
    for (int x = 0; x < WIDTH; x++) {
        Ints place;
#if WARPED
        floatv v = y - middle_y, u = x - middle_x;
#if ELASTIC
        const float4 pulls_x = NAME(spline)(x);
        v += NAME(between)(columns_y + x / SPACING, pulls_x);
        u += NAME(between)(columns_x + x / SPACING, pulls_x);
#endif
        const floatv from_y = yy * v + yx * u + centre_y, from_x = xy * v + xx * u + centre_x;
        // A source's row has two pixels at most that count; beyond the edge the nearest are taken, with weight 0.
        const floatv upper = clamp(floor(from_y), 0.0f, (float)max(HEIGHT - 2, 0));
        const floatv before = clamp(floor(from_x), 0.0f, (float)max(WIDTH - 2, 0));
        const floatv weight_y = NAME(nearness)(from_y - upper), other_y = NAME(nearness)(from_y - upper - 1);
        const floatv weight_x = NAME(nearness)(from_x - before), other_x = NAME(nearness)(from_x - before - 1);
        place.all = to_intv(upper) * WIDTH + to_intv(before);
        const intv kept = present.all;
#else
        const intv moved_x = x - shift_x, from_x = select(moved_x, WIDTH - 1 - moved_x, mirror_x);
        place.all = row + clamp(from_x, 0, WIDTH - 1);
        const intv kept = in_row & (from_x >= 0) & (from_x < WIDTH);
#endif
        for (int channel = 0; channel < CHANNELS; channel++) {
            const int start = channel * HEIGHT * WIDTH;
#if WARPED
            SAMPLES(here, start)
            SAMPLES(beside, start + RIGHT)
            SAMPLES(below, start + DOWN)
            SAMPLES(across, start + DOWN + RIGHT)
            floatv value = weight_y * (weight_x * here + (RIGHT ? other_x : ZERO) * beside);
            value += (DOWN ? other_y : ZERO) * (weight_x * below + (RIGHT ? other_x : ZERO) * across);
#else
            SAMPLES(value_there, start)
            floatv value = value_there;
#endif
            value = select(ZERO, value / DIVISOR, kept);
#if ERASED
            value = select(value, ZERO, blank & (x >= left) & (x < right));
#endif
#if NOISY
            const uintv number = mix(images * FEATURES + (start + y * WIDTH + x));
            value += DEVIATION * normal(mix(number ^ first_key), mix(number ^ second_key));
            value = select(ZERO, value, present.all);
#endif
            STORE(X + (start + x) * BLOCK, value);
        }
    }
}
