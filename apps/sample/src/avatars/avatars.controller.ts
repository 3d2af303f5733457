import {
  Controller,
  Get,
  Param,
  Put,
  Res,
  UploadedFile,
  UseGuards,
  UseInterceptors,
  BadRequestException,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import { blobStorage, sendBlob, type UploadedBlob } from '@rookery/blob';
import type { Request, Response } from 'express';
import { SubscriptionExists } from '../subscriptions/subscription-exists.guard.js';
import { Avatars } from './avatars.js';

@ApiTags('avatars')
@Controller('subscriptions/:id/avatar')
@UseGuards(SubscriptionExists)
export class AvatarsController {
  constructor(private readonly avatars: Avatars) {}

  /** The upload streams into the container; nothing touches this replica's disk. */
  @Put()
  @ApiConsumes('multipart/form-data')
  @UseInterceptors(
    FileInterceptor('file', {
      storage: blobStorage(Avatars, { name: (request: Request) => String(request.params.id), overwrite: true }),
    }),
  )
  put(@UploadedFile() file: UploadedBlob | undefined) {
    if (!file) throw new BadRequestException('Send the picture as the field "file" of a multipart form.');
    return file.blob;
  }

  @Get()
  async get(@Param('id') id: string, @Res() response: Response) {
    await sendBlob(response, this.avatars, id);
  }
}
