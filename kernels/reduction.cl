// The end of a sum that was split over PARTS work-items: out[OFFSET + i] = parts[0][i] + parts[1][i] + ..., always in this
// order, for SIZE values, a multiple of VECTOR as OFFSET is. A work-item: CHUNK vectors.
TASK(sum_parts)(AT, global const float *restrict parts, global float *restrict out)
{
    const int first = tile * CHUNK * VECTOR;
    for (int i = first; i < min(first + CHUNK * VECTOR, SIZE); i += VECTOR) {
        floatv sum = LOAD(parts + i);
        for (int part = 1; part < PARTS; part++)
            sum += LOAD(parts + part * SIZE + i);
        STORE(out + OFFSET + i, sum);
    }
}
