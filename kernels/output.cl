// Outputs that are computed value by value, with loss and gradient: P = ANSWER(z), which is 1 / (1 + exp(-z)) or z itself.
// UNITS values an image, blocked as the prelude says. A work-item: one vector of images.
//
// The target T is the picture that the network was given (PICTURES), or made of the label, which is -1 where there is no
// image: for one unit the label itself, else 1 for the label's unit. The loss is the mean of VALUE(P, T), with slope
// SLOPE(P, T) through ANSWER; BINARY: max(z, 0) - z T + log(1 + exp(-|z|)), with slope P - T. Both times WEIGHT(label).
// Losses and right answers, summed over the vector, go to row SLOT of the metrics: [step][vector].

CLASS_WEIGHTS_TABLE

TASK(forward)(AT, global const float *restrict scores, global const int *restrict labels,
              global const float *restrict pictures, global float *restrict outputs,
              global float *restrict score_gradients, global float *restrict losses, global int *restrict hits, Step step)
{
    const size_t start = at(UNITS, block, lane);
    const intv label = *(global const intv *)(labels + block * BLOCK + lane * VECTOR);
    const intv valid = label >= 0;
    const floatv weight = WEIGHT(label);
    const floatv share = weight / ((float)COUNT(step) * UNITS);

    floatv loss = ZERO, largest = (floatv)(-INFINITY);
    intv best = 0;
    for (int u = 0; u < UNITS; u++) {
        const size_t place = start + u * BLOCK;
        const floatv z = LOAD(scores + place), p = ANSWER(z);
        const floatv t = PICTURES ? LOAD(pictures + place)
                         : UNITS == 1 ? to_floatv(max(label, 0)) : select(ZERO, (floatv)(1.0f), label == u);
        const floatv value = BINARY ? fmax(z, ZERO) - z * t + log1p(exp(-fabs(z))) : VALUE(p, t);
        const floatv slope = BINARY ? p - t : ANSWER_BACKWARD(SLOPE(p, t), p);
        const intv better = p > largest;
        largest = select(largest, p, better);
        best = select(best, (intv)(u), better);
        loss += value * (1.0f / UNITS);
        STORE(outputs + place, p);
        GIVE(score_gradients + place, BACKWARD(select(ZERO, slope * share, valid), z));
    }
    const intv right = UNITS == 1 ? (largest >= 0.5f) == (label == 1) : best == label;
    const int row = SLOT(step) * BLOCKS * LANES + block * LANES + lane;
    losses[row] = sum_lanes(select(ZERO, weight * loss, valid));
    hits[row] = PICTURES ? 0 : (int)sum_lanes(select(ZERO, (floatv)(1.0f), valid & right));
}
