import { BadRequestException, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';

/** Validates input. What is nested too deeply to be walked through is the caller's fault, not ours. */
export class InputPipe extends ValidationPipe {
  constructor() {
    super({ whitelist: true, forbidNonWhitelisted: true, transform: true });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (error instanceof RangeError) throw new BadRequestException('The body is nested too deeply.');
      throw error;
    }
  }
}
