// The end of a reduction that was split over PARTS work-items: out[OFFSET + i] = parts[0][i] + parts[1][i] + ..., always in
// this order. Global size: (PART_SIZE).
kernel void NAME(sum_parts)(global const float *restrict parts, global float *restrict out)
{
    const int i = get_global_id(0);
    if (i >= PART_SIZE)
        return;
    float sum = 0.0f;
    for (int part = 0; part < PARTS; part++)
        sum += parts[part * PART_SIZE + i];
    out[OFFSET + i] = sum;
}
